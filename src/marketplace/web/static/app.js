// Everything works without this file; it only makes waiting shorter and double clicks harmless.
const root = document;

// A form is sent once: its buttons rest until the answer is here. (The button's own value is already in the request.)
const rest = (form, on) => form.querySelectorAll("button:not([type=button])").forEach((b) => { b.disabled = on; b.ariaBusy = on; });
root.addEventListener("submit", (e) => { if (e.target.method === "post") setTimeout(() => !e.defaultPrevented && rest(e.target, true)); });
root.addEventListener("htmx:before:request", (e) => { const f = e.target.closest?.("form[method=post]"); if (f) setTimeout(() => rest(f, true)); });
root.addEventListener("htmx:finally:request", (e) => { const f = e.target.closest?.("form[method=post]"); if (f) rest(f, false); });
addEventListener("pageshow", (e) => { if (e.persisted) root.querySelectorAll("form").forEach((f) => rest(f, false)); });

// The account menu closes on Escape and on a click elsewhere.
const shut = (e) => root.querySelectorAll("details.menu[open]").forEach((d) => { if (e.key === "Escape" || (e.type === "click" && !d.contains(e.target))) d.open = false; });
root.addEventListener("click", shut);
root.addEventListener("keydown", shut);

// Chosen files are listed under their input.
root.addEventListener("change", (e) => {
  const drop = e.target.closest("[data-drop]");
  if (drop) drop.querySelector("output").textContent = [...e.target.files].map((f) => `${f.name} (${Math.ceil(f.size / 1024)} KB)`).join(", ");
});

// Skill picker: suggestions while typing, a chip (a ticked box) for each skill chosen.
let asked;
const list = (box) => box.querySelector(".suggestions");
root.addEventListener("input", async (e) => {
  const box = e.target.closest("[data-picker]"), q = e.target.value.split(",").pop().trim();
  if (!box || !e.target.dataset.suggest) return;
  asked?.abort();
  if (q.length < 2) { list(box).hidden = true; return; }
  asked = new AbortController();
  try {
    const answer = await fetch(`${e.target.dataset.suggest}?q=${encodeURIComponent(q)}`, { signal: asked.signal, headers: { "HX-Request": "true" } });
    if (answer.ok) { list(box).innerHTML = await answer.text(); list(box).hidden = false; }
  } catch (error) { if (error.name !== "AbortError") list(box).hidden = true; }
});
const take = (button) => {
  const box = button.closest("[data-picker]"), typed = box.querySelector("[data-suggest]"), { slug, name } = button.dataset;
  if (![...box.querySelectorAll(".chosen input")].some((i) => i.value === slug)) {
    const input = Object.assign(root.createElement("input"), { type: "checkbox", name: box.dataset.picker, value: slug, checked: true });
    const label = Object.assign(root.createElement("label"), { className: "chip" });
    const item = root.createElement("li");
    label.append(input, " ", name); item.append(label); box.querySelector(".chosen").append(item);
  }
  typed.value = typed.value.split(",").slice(0, -1).join(",");
  list(box).hidden = true; typed.focus();
};
root.addEventListener("click", (e) => { const b = e.target.closest(".suggestions button"); if (b) take(b); });
root.addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || !e.target.dataset?.suggest || !e.target.value) return;
  e.preventDefault();
  const first = list(e.target.closest("[data-picker]")).querySelector("button");
  if (first && !first.closest("[hidden]")) take(first);
});

// What went wrong is read first.
root.querySelector("[data-focus]")?.focus();
