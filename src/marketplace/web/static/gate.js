// Reads tickets at a gate. With a network the server decides; without one this phone does, by its signed list, and tells later.
// What was read is written down before anything is sent, under a number of its own (nonce): sent ten times it is one reading.
const page = document.querySelector("[data-gate]"), words = JSON.parse(page.dataset.words), store = localStorage;
const part = (name) => page.querySelector(`[data-part=${name}]`);
const BATCH = 100, PATIENCE = 4000, FRESH = 5 * 60000;
let list = null, people = new Map(), stopCamera = null, last = { text: "", at: 0 }, refused = null;

const secret = () => store.getItem("gate.secret") ?? "";
if (location.hash.length > 20) {
  if (secret() !== location.hash.slice(1)) for (const key of Object.keys(store)) if (key.startsWith("gate.") && !key.startsWith("gate.q.")) store.removeItem(key);
  store.setItem("gate.secret", location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}

// -- the queue: one key for each reading, so that two windows never write over each other
const waiting = () => Object.keys(store).filter((key) => key.startsWith("gate.q.")).sort();
const keyOf = (reading) => `gate.q.${reading.read_at}.${reading.nonce}`;
const keep = (reading) => store.setItem(keyOf(reading), JSON.stringify(reading));
const drop = (reading) => store.removeItem(keyOf(reading));

async function ask(path, body) {
  const options = { headers: { Authorization: `Device ${secret()}` }, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) };
  if (body) Object.assign(options, { method: "POST", body: JSON.stringify(body) }, { headers: { ...options.headers, "Content-Type": "application/json" } });
  const answer = await fetch(path, options);
  if (answer.status === 404) { show("danger", words.no_device); throw new Error("no device"); }
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

// -- the list
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = (text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
async function isSigned(text, signature) {
  const key = await crypto.subtle.importKey("raw", await digest(secret()), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const bytes = new Uint8Array(signature.match(/../g).map((pair) => parseInt(pair, 16)));
  return crypto.subtle.verify("HMAC", key, bytes, new TextEncoder().encode(text));
}
async function take(text, signature) {
  if (!(await isSigned(text, signature))) return show("danger", words.unsigned);
  list = JSON.parse(text);
  people = new Map();
  for (const [code, ticket, number, name, seated, inside] of list.people) {
    const person = { number, name, seated, inside };
    people.set(code, person).set(ticket, person);
  }
  for (const key of waiting()) { const r = JSON.parse(store.getItem(key)); if (r.offline && !r.refused) mark(await find(r.scanned), r.direction); }
}
async function fetchList() {
  try {
    const { snapshot, signature } = await ask("/gate/snapshot");
    store.setItem("gate.list", snapshot); store.setItem("gate.signature", signature);
    await take(snapshot, signature);
  } catch { /* the last one serves */ }
  status();
}
const secretIn = (text) => text.trim().split(/[?#]/)[0].replace(/\/+$/, "").split("/").pop();
async function find(text) {
  return people.get(hex(await digest(secretIn(text)))) ?? people.get(secretIn(text).replace(/[\s-]/g, "").toUpperCase());
}
const mark = (person, direction) => { if (person) person.inside = direction === "in"; };

// -- reading
function judge(person, direction) {
  if (!person) return "unknown";
  if (direction === "out") return person.inside ? null : "not_in";
  if (!person.seated) return "no_seat";
  if (list.state !== "live") return "not_now";
  return person.inside ? "already_in" : null;
}
async function read(text, force = false) {
  if (!text.trim()) return;
  const form = part("form");
  const reading = { nonce: crypto.randomUUID(), scanned: text.trim(), direction: form.direction.value, read_at: new Date().toISOString(), companions: Number(form.companions.value) || 0, force, offline: false };
  form.companions.value = 0;
  keep(reading);
  status();
  try {
    const { results } = await ask("/gate/readings", { readings: [reading] });
    drop(reading);
    if (!results[0].reason) mark(await find(text), reading.direction);
    answer(results[0], text);
  } catch { await decideHere(reading, force); }
  status();
}
async function decideHere(reading, force) {
  if (!list) return show("waiting", words.kept);
  const person = await find(reading.scanned), why = judge(person, reading.direction);
  const passes = !why || (force && person);
  Object.assign(reading, { offline: true, force: passes, refused: passes ? undefined : why });
  if (passes) mark(person, reading.direction);
  keep(reading);
  answer({ reason: passes ? null : why, text: words.reasons[why], number: person?.number, name: person?.name, offline: true }, reading.scanned);
}
function answer(result, text) {
  const who = result.number ? `${result.number} · ${result.name}` : "";
  refused = result.reason && result.reason !== "unknown" && result.reason !== "other_fair" ? text : null;
  part("force").hidden = !refused;
  if (result.reason) show("danger", `${who} ${words.reasons[result.reason] ?? result.reason}`);
  else show("good", `${who} ${part("form").direction.value === "in" ? words.is_in : words.is_out}${result.offline ? ` (${words.offline})` : ""}`);
}

// -- telling the server later
let sending = false;
async function send() {
  if (sending || !secret()) return;
  sending = true;
  try {
    for (let keys = waiting(); keys.length; keys = waiting()) {
      const readings = keys.slice(0, BATCH).map((key) => JSON.parse(store.getItem(key)));
      const { results } = await ask("/gate/readings", { readings });
      const answered = new Map(results.map((result) => [result.nonce, result]));
      for (const reading of readings) {
        const result = answered.get(reading.nonce);
        if (!result) continue;
        if (result.reason && !reading.refused) look(reading, result);
        drop(reading);
      }
      if (!results.length) break;
    }
  } catch { /* again later */ }
  sending = false;
  status();
}
function look(reading, result) {
  const line = document.createElement("li");
  line.textContent = `${reading.scanned}: ${words.reasons[result.reason] ?? result.reason}`;
  part("look").append(line);
  part("look-box").hidden = false;
}

function show(tone, text) {
  const box = part("result");
  box.className = `flash tone-${tone}`;
  box.firstElementChild.textContent = text;
}
function status() {
  const count = waiting().length;
  part("waiting").textContent = count;
  part("offline").hidden = navigator.onLine && !count;
  part("list").textContent = list ? new Date(list.made_at).toLocaleTimeString(document.documentElement.lang) : words.none;
  if (list) { part("where").textContent = `${(document.documentElement.lang === "ur" && list.title_ur) || list.title} · ${list.room}`; document.title = list.room; }
}

// -- the camera: the browser's own reader where it has one, else jsQR
async function camera() {
  if (stopCamera) return stopCamera();
  const video = part("video"), canvas = document.createElement("canvas");
  let stream;
  try { stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }); }
  catch { return show("danger", words.no_camera); }
  const own = "BarcodeDetector" in window ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
  if (!own && !window.jsQR) await new Promise((done) => document.head.append(Object.assign(document.createElement("script"), { src: page.dataset.reader, onload: done, onerror: done })));
  video.srcObject = stream; video.hidden = false; part("camera").textContent = words.stop_camera; await video.play();
  const timer = setInterval(async () => {
    if (!video.videoWidth) return;
    let text;
    if (own) text = (await own.detect(video).catch(() => []))[0]?.rawValue;
    else if (window.jsQR) {
      Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
      const pen = canvas.getContext("2d", { willReadFrequently: true });
      pen.drawImage(video, 0, 0);
      text = jsQR(pen.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height)?.data;
    }
    if (!text || (text === last.text && Date.now() - last.at < 4000)) return;
    last = { text, at: Date.now() };
    read(text);
  }, 250);
  stopCamera = () => { clearInterval(timer); stream.getTracks().forEach((track) => track.stop()); video.hidden = true; part("camera").textContent = words.camera; stopCamera = null; };
}

part("form").addEventListener("submit", (e) => { e.preventDefault(); const box = part("form").scanned; read(box.value); box.value = ""; box.focus(); });
part("camera").addEventListener("click", camera);
part("force").addEventListener("click", () => refused && read(refused, true));
addEventListener("online", send);
addEventListener("offline", status);
setInterval(send, 15000);
setInterval(fetchList, FRESH);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/gate/worker.js");
if (!secret()) show("danger", words.no_device);
else {
  const text = store.getItem("gate.list"), signature = store.getItem("gate.signature");
  (text && signature ? take(text, signature) : Promise.resolve()).then(fetchList).then(send);
}
status();
