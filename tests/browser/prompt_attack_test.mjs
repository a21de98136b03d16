// What other sites, other people and broken clients try at the page. Each case is refused by a guard of its
// own, so the cases take the other guards out of the way where they can.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { Person, enrol, openBrowser } from "./browser.mjs";
import { Service } from "./service.mjs";
import { Twofold } from "./programs.mjs";

let twofold, service, browser;

before(async () => {
  twofold = await Twofold.start({ more: ["--limit_attempts=100"] });
  service = await Service.start(twofold.grpc);
  browser = await openBrowser();
  await enrol(browser, twofold, service, "victim");
});

after(async () => {
  await browser.close();
  await service.end();
  await twofold.end();
});

// A prompt that is open, as the requests of a browser without a browser.
const open = async (user = "victim", purpose = "SIGN_IN") => {
  const prompt = await service.createPrompt(user, purpose);
  const opened = await fetch(`${twofold.url}/start`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: twofold.origin },
    body: new URLSearchParams({ token: new URL(prompt.url).hash.slice(1) }),
  });
  assert.equal(opened.status, 303);
  const cookie = opened.headers.get("set-cookie").split(";")[0];
  const base = twofold.origin + opened.headers.get("location");
  const html = await (await fetch(base, { headers: { cookie } })).text();
  const field = (name) => html.match(new RegExp(`name="${name}" value="([^"]*)"`))[1];
  return { prompt, cookie, base, html, token: field("form-token"), requestId: field("request-id") };
};

const post = (visit, action, fields, headers = {}) =>
  fetch(`${visit.base}/${action}`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: twofold.origin, cookie: visit.cookie, ...headers },
    body: new URLSearchParams({ "form-token": visit.token, "request-id": visit.requestId, ...fields }),
  });

test("T47 A form of another site is refused by its origin alone", async () => {
  const visit = await open();
  for (const headers of [{ origin: "https://evil.example" }, { origin: "null" }, { origin: "" },
    { origin: "null", "sec-fetch-site": "cross-site" }, { origin: "", "sec-fetch-site": "same-site" }]) {
    assert.equal((await post(visit, "cancel", {}, headers)).status, 403, JSON.stringify(headers));
  }
  assert.equal((await post(visit, "cancel", {})).status, 303);
});

test("T47 A form without the token of its session is refused", async () => {
  const visit = await open();
  const other = await open("somebody", "ENROLL");
  for (const token of ["", "x", other.token]) {
    assert.equal((await post(visit, "cancel", { "form-token": token })).status, 403);
  }
});

test("T47 A form without the cookie of its prompt is refused", async () => {
  const visit = await open();
  const other = await open("somebody", "ENROLL");
  assert.equal((await post(visit, "cancel", {}, { cookie: "" })).status, 403);
  assert.equal((await post(visit, "cancel", {}, { cookie: other.cookie })).status, 403);
  const foreign = visit.cookie.split("=")[0] + "=" + other.cookie.split("=").slice(1).join("=");
  const swapped = await post({ ...visit, token: other.token }, "cancel", {}, { cookie: foreign });
  assert.notEqual(swapped.headers.get("location"), null, "it cancels the prompt whose session it is");
  assert.equal((await post(visit, "cancel", {})).status, 303, "and not the other one");
});

test("T47 Another site cannot open its own prompt in this browser", async () => {
  const prompt = await service.createPrompt("attacker", "ENROLL");
  const token = new URL(prompt.url).hash.slice(1);
  const send = (origin) => fetch(`${twofold.url}/start`, {
    method: "POST", redirect: "manual", headers: { origin }, body: new URLSearchParams({ token }),
  });
  assert.equal((await send("https://evil.example")).status, 403);
  assert.equal((await send(twofold.origin)).status, 303);
});

test("T47 A browser posts nothing from another site", async () => {
  const person = await Person.start(browser);
  const prompt = await service.createPrompt("victim", "SIGN_IN");
  await person.follow(service, prompt);
  const base = person.page.url();
  await person.page.goto(service.origin);
  await person.page.evaluate((action) => {
    const form = document.body.appendChild(document.createElement("form"));
    form.method = "post";
    form.action = action;
    form.submit();
  }, `${base}/cancel`);
  await person.page.waitForURL(`${base}/cancel`);
  assert.match(await person.heading(), /cannot continue|refused/);
  await person.page.goto(base);
  assert.equal(await person.heading(), "Sign in to Example Shop", "the prompt is still open");
  await person.context.close();
});

test("T47 No site can frame the page, or reach it by its opener", async () => {
  const person = await Person.start(browser);
  const prompt = await service.createPrompt("victim", "SIGN_IN");
  await person.page.goto(service.origin);
  await person.page.evaluate((url) => {
    document.body.appendChild(document.createElement("iframe")).src = url;
  }, `${twofold.url}/start`);
  await person.page.waitForTimeout(500);
  const framed = person.page.frames().at(1);
  assert.ok(!(await framed.content().catch(() => "")).includes("One moment"));
  const [popup] = await Promise.all([
    person.page.waitForEvent("popup"),
    person.page.evaluate((url) => { window.opened = window.open(url); }, prompt.url),
  ]);
  await popup.waitForURL("**/p/*");
  assert.ok(await person.page.evaluate(() => window.opened.closed), "the two are cut off from each other");
  assert.equal(await popup.evaluate(() => window.opener), null);
  await person.context.close();
});

test("T47 The link stands in no request line, no Referer and no log", async () => {
  const { app } = await enrol(browser, twofold, service, "reader");
  const person = await Person.start(browser);
  const prompt = await service.createPrompt("reader", "SIGN_IN");
  const token = new URL(prompt.url).hash.slice(1);
  const seen = [];
  person.page.on("request", (request) => seen.push(request.url(), request.headers().referer ?? ""));
  await person.follow(service, prompt);
  await person.type(await app.code());
  const back = await person.back(service);
  // The address bar shows the fragment for a moment, and no server gets it.
  assert.ok(!seen.filter((text) => !text.includes("#")).some((text) => text.includes(token)));
  const last = service.requests.filter(({ url }) => url.startsWith("/done")).at(-1);
  assert.equal(last.headers.referer, undefined, "the service hears nothing of the page");
  const code = new URL(back).searchParams.get("twofold_code");
  for (const text of [twofold.log(), twofold.audit()]) {
    assert.ok(!text.includes(token));
    assert.ok(!text.includes(code));
    assert.ok(!text.includes(prompt.state));
  }
  await service.redeem(prompt, back);
  await person.context.close();
});

test("T47 A code is good for its user, prompt and state alone", async () => {
  const { app } = await enrol(browser, twofold, service, "swapped");
  const person = await Person.start(browser);
  const prompt = await service.createPrompt("swapped", "SIGN_IN");
  await person.follow(service, prompt);
  await person.type(await app.code());
  const url = await person.back(service);
  const other = await service.createPrompt("swapped", "SIGN_IN");
  await assert.rejects(service.redeem({ ...other, state: prompt.state }, url), { code: 7 });
  await assert.rejects(service.redeem(prompt, url, { user_id: "attacker" }), { code: 7 });
  await assert.rejects(service.redeem(other, url), /another state/);
  await service.redeem(prompt, url);
  await person.context.close();
});

test("T47 The service says where the browser returns, and nobody else", async () => {
  await assert.rejects(service.createPrompt("victim", "SIGN_IN", { return_url: "https://evil.example\\@shop.example/" }));
  await assert.rejects(service.createPrompt("victim", "SIGN_IN", { return_url: "javascript:alert(1)" }));
  const visit = await open();
  const left = await post(visit, "cancel", { return_url: "https://evil.example/", "return-url": "https://evil.example/" });
  assert.ok(left.headers.get("location").startsWith(`${service.origin}/done?`));
});

test("T47 A form that is sent twice does its work once", async () => {
  const { app } = await enrol(browser, twofold, service, "twice");
  const visit = await open("twice");
  const code = await app.code();
  const first = await post(visit, "verify", { code });
  const second = await post(visit, "verify", { code });
  assert.equal(first.status, 303);
  assert.equal(second.headers.get("location"), first.headers.get("location"), "the same answer");
  assert.equal((await post({ ...visit, requestId: crypto.randomUUID() }, "verify", { code })).status, 410);
});

test("T47 Text from outside is never markup", async () => {
  const hostile = `<img src=x onerror=alert(1)>"'&`;
  const person = await Person.start(browser);
  const prompt = await service.createPrompt("hostile", "ENROLL", { display_name: hostile, account_name: hostile });
  await person.follow(service, prompt);
  assert.ok((await person.page.getByText(hostile).count()) > 0);
  await person.addApp(twofold, hostile);
  await person.keepCodes();
  await person.back(service);
  const visit = await open("hostile");
  const page = await (await fetch(`${visit.base}?screen=others`, { headers: { cookie: visit.cookie } })).text();
  assert.ok(page.includes("&lt;img src=x"));
  assert.ok(!page.includes("<img src=x"));
  const odd = await (await post(visit, "verify", { code: hostile, method: hostile, challenge: hostile })).text();
  assert.ok(!odd.includes("<img src=x"));
  assert.deepEqual(person.faults, []);
  await person.context.close();
});

test("Every answer carries the headers that keep other sites away", async () => {
  const visit = await open();
  for (const url of [visit.base, `${twofold.url}/start`, `${twofold.url}/none`]) {
    const { headers } = await fetch(url, { headers: { cookie: visit.cookie } });
    const policy = headers.get("content-security-policy");
    for (const part of ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'",
      "require-trusted-types-for 'script'"]) {
      assert.ok(policy.includes(part), `${url} ${part}`);
    }
    assert.equal(policy.includes(`form-action 'self' ${service.origin};`), url === visit.base);
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("referrer-policy"), "same-origin");
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  }
});

test("Endless headers and slow bodies end, and others are served meanwhile", async () => {
  const sockets = [];
  for (let i = 0; i < 50; ++i) {
    const socket = connect(twofold.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("POST /start HTTP/1.1\r\nHost: a\r\n" + (i % 2 ? "X-Y: z\r\n".repeat(20000) : "Content-Length: 9\r\n\r\na"));
    sockets.push(socket);
  }
  const begin = Date.now();
  assert.equal((await fetch(`${twofold.url}/start`)).status, 200);
  assert.ok(Date.now() - begin < 2000);
  for (const socket of sockets) socket.destroy();
});
