// Two page processes behind a round-robin proxy, two servers on one Redis, and many people at once. The browser
// is plain HTTP here, because what counts is which process answers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer, request as send } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { App, Program, Twofold, freePort } from "./programs.mjs";
import { Service } from "./service.mjs";

const soak = process.env.TWOFOLD_SOAK === "1";

// Sends each request to the next page process that takes it, with the client's address.
const roundRobin = async (port, targets) => {
  let next = 0;
  const forward = (request, response, body, tries) => {
    const target = targets[next++ % targets.length];
    const out = send({ host: "127.0.0.1", port: target, path: request.url, method: request.method,
      headers: { ...request.headers, "x-forwarded-for": "198.51.100.7" } }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    out.on("error", () => (tries > 0 ? forward(request, response, body, tries - 1) : response.destroy()));
    out.end(body);
  };
  const proxy = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => forward(request, response, Buffer.concat(parts), targets.length));
  });
  await new Promise((done) => proxy.listen(port, "127.0.0.1", done));
  return proxy;
};

// A browser that remembers its cookies and fills in forms.
class Visitor {
  constructor(origin) {
    this.origin = origin;
    this.cookies = {};
    this.times = [];
  }

  async fetch(url, options = {}) {
    const cookie = Object.entries(this.cookies).map((pair) => pair.join("=")).join("; ");
    const begin = performance.now();
    const answer = await fetch(url, { redirect: "manual", ...options, headers: { origin: this.origin, cookie } });
    this.html = await answer.text();
    this.times.push(performance.now() - begin);
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split(/=(.*)/);
      this.cookies[name] = value;
    }
    const location = answer.headers.get("location");
    if (!location) return answer.status;
    this.at = new URL(location, url).href;
    return this.at.startsWith(this.origin) ? this.fetch(this.at) : 303;
  }

  open(prompt) {
    const body = new URLSearchParams({ token: new URL(prompt.url).hash.slice(1) });
    return this.fetch(`${this.origin}/start`, { method: "POST", body });
  }

  // Sends the form that does `action`, with its hidden fields.
  submit(action, fields = {}) {
    const form = this.html.split("<form ").find((part) => part.includes(`/${action}"`));
    const hidden = [...form.split("</form>")[0].matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)];
    const url = new URL(form.match(/action="([^"]*)"/)[1], this.origin);
    const body = new URLSearchParams([...hidden.map(([, name, value]) => [name, value]), ...Object.entries(fields)]);
    return this.fetch(url, { method: "POST", body });
  }
}

const appOf = (visitor) => new App(visitor.html.match(/href="(otpauth:[^"]*)"/)[1].replaceAll("&amp;", "&"));

let folder, redis, first, second, proxy, service, origin;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "twofold-replicas-"));
  execFileSync(process.env.TEST_COMMAND, ["admin", "keyring", "new", `${folder}/ring.json`]);
  const redisPort = await freePort();
  redis = new Program("/usr/bin/redis-server", ["--port", redisPort, "--dir", folder, "--appendonly", "yes", "--save", ""]);
  await redis.waitFor("Ready to accept connections");
  const port = await freePort();
  origin = `http://localhost:${port}`;
  const flags = [`--storage=redis://127.0.0.1:${redisPort}`, `--keyring=file:${folder}/ring.json`, "--limit_attempts=1000", "--limit_address_attempts=1000000"];
  const page = ["--trusted_proxies=127.0.0.1"];
  first = await Twofold.start({ more: flags, page, origin });
  second = await Twofold.start({ more: flags, page, origin });
  proxy = await roundRobin(port, [first.port, second.port]);
  service = await Service.start(first.grpc);
});

after(async () => {
  await service.end();
  proxy.closeAllConnections();
  proxy.close();
  await first.end();
  await second.end();
  await redis.end();
  rmSync(folder, { recursive: true });
});

const enrol = async (user) => {
  const prompt = await service.createPrompt(user, "ENROLL");
  const visitor = new Visitor(origin);
  assert.equal(await visitor.open(prompt), 200);
  assert.equal(await visitor.submit("enroll", { type: "totp" }), 200);
  const app = appOf(visitor);
  assert.equal(await visitor.submit("confirm", { code: "000000", name: "phone" }), 422);
  assert.equal(appOf(visitor).secret, app.secret, "the other process shows the same code");
  assert.equal(await visitor.submit("confirm", { code: await app.code(), name: "phone" }), 200);
  const codes = [...visitor.html.matchAll(/<li>([-A-Z0-9]{16,})<\/li>/g)].map(([, code]) => code);
  assert.equal(codes.length, 10);
  assert.equal(await visitor.submit("finish", { saved: "yes" }), 303);
  await service.redeem(prompt, visitor.at);
  return { app, codes };
};

test("A walk that changes process at each request succeeds", async () => {
  const { app } = await enrol("ann");
  const prompt = await service.createPrompt("ann", "SIGN_IN");
  const visitor = new Visitor(origin);
  await visitor.open(prompt);
  assert.equal(await visitor.submit("verify", { code: "000000" }), 422);
  assert.equal(await visitor.submit("verify", { code: await app.code() }), 303);
  await service.redeem(prompt, visitor.at);
  assert.ok(readFileSync(`${first.folder}/audit.log`, "utf8").includes("198.51.100.7"), "the proxy is believed");
});

test("A page or a server that is killed loses nothing that was shown as done", async () => {
  const { codes } = await enrol("ben");
  const prompt = await service.createPrompt("ben", "SIGN_IN");
  const visitor = new Visitor(origin);
  await visitor.open(prompt);
  await second.page.end("SIGKILL");
  assert.equal(await visitor.submit("verify", { code: codes[0] }), 303, "the other page process answers");
  await second.startPage();
  await second.server.end("SIGKILL");
  await second.startServer();
  await service.redeem(prompt, visitor.at);
  const again = await service.createPrompt("ben", "SIGN_IN");
  await visitor.open(again);
  assert.equal(await visitor.submit("verify", { code: codes[0] }), 422, "the emergency code stays used");
  assert.equal(await visitor.submit("verify", { code: codes[1] }), 303);
  await service.redeem(again, visitor.at);
});

test("Many people sign in at once", async () => {
  const people = soak ? 200 : 20;
  const users = [];
  for (let i = 0; i < people; ++i) users.push({ name: `user${i}`, ...(await enrol(`user${i}`)) });
  // They come within some seconds, and read and type for as long, so that all are there at the same time.
  const spread = 50 * people;
  const pause = (least) => new Promise((done) => setTimeout(done, least + Math.random() * spread));
  const visits = users.map(async ({ name, codes }) => {
    await pause(0);
    const prompt = await service.createPrompt(name, "SIGN_IN");
    const visitor = new Visitor(origin);
    await visitor.open(prompt);
    await pause(spread);
    assert.equal(await visitor.submit("verify", { code: codes[0] }), 303);
    await service.redeem(prompt, visitor.at);
    return visitor.times;
  });
  const times = (await Promise.all(visits)).flat().sort((one, other) => one - other);
  const at = (part) => Math.round(times[Math.floor((times.length - 1) * part)]);
  console.log(`${people} people, ${times.length} pages: median ${at(0.5)} ms, p99 ${at(0.99)} ms`);
});
