// Passkeys: asks our server what to sign, lets the browser sign it, sends the form. Pages say what to do without this file.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const read = (options) => {
  const keys = (list) => (list ?? []).map((key) => ({ ...key, id: bytes(key.id) }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.allowCredentials && { allowCredentials: keys(options.allowCredentials) }),
    ...(options.excludeCredentials && { excludeCredentials: keys(options.excludeCredentials) }),
  };
};
const written = ({ id, rawId, type, response: r }) => JSON.stringify({
  id, rawId: text(rawId), type,
  response: Object.fromEntries(["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].filter((k) => r[k]).map((k) => [k, text(r[k])])),
});
const run = async (form) => {
  const failed = form.querySelector("[data-passkey-failed]"), button = form.querySelector("[data-passkey-go]");
  failed.hidden = true; button.disabled = true;
  try {
    const answer = await fetch(form.dataset.options, { method: "POST", headers: { "x-csrftoken": form.elements._csrf_token.value, accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    const publicKey = read(await answer.json());
    const made = await (form.dataset.passkey === "create" ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
    form.elements.credential.value = written(made);
    form.submit();
  } catch { failed.hidden = false; button.disabled = false; }
};
const named = !/^[\d.]+$|^\[/.test(location.hostname);
document.querySelectorAll("form[data-passkey]").forEach((form) => {
  if (!window.PublicKeyCredential) return;
  if (!named) { form.parentElement.querySelectorAll("[data-passkey-by-name]").forEach((note) => { note.hidden = false; }); return; }
  form.hidden = false;
  form.querySelector("[data-passkey-go]").addEventListener("click", () => form.reportValidity() && run(form));
});
