// What a page of forms cannot do: security keys, copying and printing, and forgetting what was shown once.
"use strict";

const page = document.getElementById("page");

// A browser may keep a page in memory after it was left, with the codes on it. A page that comes back from
// there is emptied and loaded again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.body.replaceChildren();
  location.reload();
});

// The answer to a form stands at the form's address. Loading it again must ask for the page, not send the
// form once more.
if (page.dataset.location) history.replaceState(null, "", page.dataset.location);

// A page whose prompt has expired says so.
if (page.dataset.seconds) {
  const wait = (Number(page.dataset.seconds) + 1) * 1000;
  setTimeout(() => { location.href = page.dataset.home; }, Math.min(wait, 2 ** 31 - 1));
}

const show = (id) => { document.getElementById(id).hidden = false; };

// A form is sent once.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

const copy = document.getElementById("copy");
if (copy) {
  const codes = [...document.querySelectorAll("ol.codes li")].map((code) => code.textContent).join("\n");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(codes + "\n");
    show("copied");
  });
  document.getElementById("print").addEventListener("click", () => print());
}

const toBytes = (text) => {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
};

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const withIds = (list) => (list ?? []).map((key) => ({ ...key, id: toBytes(key.id) }));

// The key signs the options, and the answer goes back as JSON of WebAuthn Level 3.
const createKey = async (options) => {
  const publicKey = {
    ...options,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: withIds(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  return {
    id: made.id,
    rawId: toText(made.rawId),
    type: made.type,
    clientExtensionResults: {},
    response: {
      clientDataJSON: toText(made.response.clientDataJSON),
      attestationObject: toText(made.response.attestationObject),
      transports: made.response.getTransports ? made.response.getTransports() : [],
    },
  };
};

const useKey = async (options) => {
  const publicKey = {
    ...options,
    challenge: toBytes(options.challenge),
    allowCredentials: withIds(options.allowCredentials),
  };
  const used = await navigator.credentials.get({ publicKey });
  const response = {
    clientDataJSON: toText(used.response.clientDataJSON),
    authenticatorData: toText(used.response.authenticatorData),
    signature: toText(used.response.signature),
  };
  if (used.response.userHandle) response.userHandle = toText(used.response.userHandle);
  return { id: used.id, rawId: toText(used.rawId), type: used.type, clientExtensionResults: {}, response };
};

const keyForm = document.getElementById("key");
if (keyForm) {
  const run = keyForm.dataset.does === "create" ? createKey : useKey;
  const ask = async () => {
    document.getElementById("key-failed").hidden = true;
    try {
      keyForm.elements.credential.value = JSON.stringify(await run(JSON.parse(keyForm.dataset.options)));
    } catch {
      show("key-failed");
      return;
    }
    keyForm.requestSubmit();
  };
  if (window.PublicKeyCredential) {
    document.getElementById("key-start").addEventListener("click", ask);
    // Whoever registers a key may want to name it first.
    if (run === useKey) ask();
  } else {
    document.getElementById("key-start").disabled = true;
    show("key-unsupported");
  }
}
