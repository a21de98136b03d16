// Security keys of a real browser, with the scripts of the guide on a page of a service's own.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Person, openBrowser } from "./browser.mjs";
import { Twofold, freePort } from "./programs.mjs";
import { Service } from "./service.mjs";

const guide = readFileSync(process.env.TEST_KEY_GUIDE, "utf8");
// The script of the guide that calls `name`.
const script = (name) => guide.match(new RegExp(`\\n( +const options = PublicKeyCredential\\.${name}[\\s\\S]*?\\n)\\n`))[1];

const algorithms = { ES256: -7, EdDSA: -8, RS256: -257 };
let twofold, service, browser, site, posted, person, other;

before(async () => {
  const port = await freePort();
  twofold = await Twofold.start({ origin: `http://localhost:${port}`, more: ["--limit_attempts=1000"] });
  service = await Service.start(twofold.grpc);
  browser = await openBrowser();
  site = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => { body += part; });
    request.on("end", () => {
      if (request.method === "POST") posted = body;
      response.setHeader("content-type", "text/html");
      response.end("<title>Service</title>");
    });
  });
  await new Promise((done) => site.listen(port, "127.0.0.1", done));
  other = createServer((request, response) => site.emit("request", request, response));
  await new Promise((done) => other.listen(0, "127.0.0.1", done));
});

after(async () => {
  await browser.close();
  for (const server of [site, other]) server.closeAllConnections();
  site.close();
  other.close();
  await service.end();
  await twofold.end();
});

beforeEach(async () => {
  if (person) await person.context.close();
  person = await Person.start(browser);
  await person.page.goto(twofold.origin);
});

// Runs the guide's script on the page with the server's options, and returns what it posts.
const run = async (name, json, change = {}) => {
  posted = undefined;
  const options = { ...JSON.parse(json), ...change };
  await person.page.evaluate(
    ([text, given]) => new (Object.getPrototypeOf(async () => {}).constructor)("optionsFromService", text)(given),
    [script(name), options]);
  return posted;
};

const register = async (user, change, proof = {}) => {
  const enrolled = await service.call("Enroll", { user_id: user, type: "METHOD_TYPE_SECURITY_KEY", ...proof });
  const credential = await run("parseCreationOptionsFromJSON", enrolled.webauthn_creation_options_json, change);
  await service.call("ConfirmEnrollment", {
    user_id: user, method_id: enrolled.method.method_id, webauthn_credential_json: credential,
  });
  return { id: enrolled.method.method_id, credential: JSON.parse(credential) };
};

const answer = async (user, more = {}) => {
  const started = await service.start(user, more);
  const credential = await run("parseRequestOptionsFromJSON", started.webauthn_request_options_json);
  return { user_id: user, challenge_id: started.challenge_id, webauthn_credential_json: credential };
};

const login = async (user) => service.call("Verify", await answer(user));

for (const [name, alg] of Object.entries(algorithms)) {
  test(`A key registers and logs in with ${name}`, async () => {
    await person.plugIn({ protocol: "ctap2", ctap2Version: "ctap2_1" });
    const { credential } = await register(name, { pubKeyCredParams: [{ type: "public-key", alg }] });
    assert.equal(credential.response.publicKeyAlgorithm, alg);
    const verified = await login(name);
    assert.equal(verified.user_verified, true);
    assert.equal(verified.backed_up, false);
  });
}

for (const [format, options] of [["packed", { protocol: "ctap2" }], ["fido-u2f", { protocol: "u2f", hasUserVerification: false }]]) {
  test(`A statement of the format ${format} is accepted`, async () => {
    await person.plugIn(options);
    const { credential } = await register(format, { attestation: "direct" });
    const text = Buffer.from(credential.response.attestationObject, "base64url").toString("latin1");
    assert.ok(text.includes(format), "the browser sent it");
    const verified = await login(format);
    assert.equal(verified.user_verified, format === "packed");
  });
}

test("A copy of a key is refused, and the audit log says so", async () => {
  const { devtools, authenticatorId } = await person.plugIn();
  await register("copied");
  await login("copied");
  const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
  await login("copied");
  await devtools.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
  const copy = await person.plugIn();
  await copy.devtools.send("WebAuthn.addCredential", { authenticatorId: copy.authenticatorId, credential: credentials[0] });
  await assert.rejects(login("copied"), { code: 7 });
  // The event is written beside the answer.
  for (let i = 0; i < 50 && !twofold.audit().includes("clone_suspected"); ++i) await sleep(100);
  assert.match(twofold.audit(), /"detail":"clone_suspected"/);
});

test("A page of another origin is refused", async () => {
  await person.plugIn();
  await register("elsewhere");
  await person.page.goto(`http://localhost:${other.address().port}`);
  await assert.rejects(login("elsewhere"), { code: 7 });
});

test("An answer is good once, and another key's browser has none", async () => {
  await person.plugIn();
  await register("once");
  const given = await answer("once");
  await service.call("Verify", given);
  await assert.rejects(service.call("Verify", given), { code: 7 });
  await register("somebody");
  await assert.rejects(service.call("Verify", { ...(await answer("somebody")), user_id: "once" }), { code: 7 });
});

test("A key proves a change, and its answer for a login does not", async () => {
  await person.plugIn();
  const { id } = await register("prover");
  const forLogin = await answer("prover");
  const remove = (proof) => service.call("DeleteMethod", { ...proof, method_id: id });
  await assert.rejects(remove(forLogin), { code: 7 });
  await remove(await answer("prover", { for_change: true }));
  assert.equal((await service.listMethods("prover")).second_factor_required, false);
});
