// Keeps the page of the gate on the phone, so that it opens without a network. FILES and CACHE stand before this.
self.addEventListener("install", (e) => e.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting())));
self.addEventListener("activate", (e) => e.waitUntil(caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith("gate-") && name !== CACHE).map((name) => caches.delete(name)))).then(() => self.clients.claim())));
self.addEventListener("fetch", (e) => {
  const { pathname, origin } = new URL(e.request.url);
  if (e.request.method !== "GET" || origin !== location.origin || !FILES.includes(pathname)) return;
  const kept = () => caches.open(CACHE).then((cache) => cache.match(pathname));
  if (pathname.startsWith("/static/")) { e.respondWith(kept().then((found) => found ?? fetch(e.request))); return; }
  e.respondWith(fetch(e.request).then((answer) => { if (answer.ok) { const copy = answer.clone(); caches.open(CACHE).then((cache) => cache.put(pathname, copy)); } return answer; }).catch(kept));
});
