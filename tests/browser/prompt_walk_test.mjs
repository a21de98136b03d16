// A person's steps, in a real browser, with the real server and the real page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { Person, enrol, openBrowser } from "./browser.mjs";
import { Service } from "./service.mjs";
import { Twofold } from "./programs.mjs";

let twofold, service, browser, person;

before(async () => {
  twofold = await Twofold.start({ more: ["--limit_attempts=100"] });
  service = await Service.start(twofold.grpc);
  browser = await openBrowser();
});

after(async () => {
  await browser.close();
  await service.end();
  await twofold.end();
});

afterEach(async () => {
  if (!person) return;
  assert.deepEqual(person.faults, []);
  await person.context.close();
  person = undefined;
});

const begin = async (user, purpose, more, options) => {
  person = await Person.start(browser, options);
  const prompt = await service.createPrompt(user, purpose, more);
  await person.follow(service, prompt);
  return prompt;
};

test("A new user scans a code, names the phone and keeps the emergency codes", async () => {
  const prompt = await begin("ann", "ENROLL", {}, { permissions: ["clipboard-read", "clipboard-write"], acceptDownloads: true });
  assert.equal(prompt.required, false);
  await person.addApp(twofold, "Ann's phone");
  const codes = await person.codes();
  assert.equal(codes.length, 10);
  await person.press("Copy");
  await person.page.getByText("Copied").waitFor();
  assert.equal(await person.page.evaluate(() => navigator.clipboard.readText()), codes.join("\n") + "\n");
  const [download] = await Promise.all([person.page.waitForEvent("download"), person.link("Save as a file")]);
  const file = readFileSync(await download.path(), "utf8");
  assert.equal(file, `Emergency codes of ann for Example Shop\n\n${codes.join("\n")}\n`);
  await person.page.evaluate(() => { window.print = () => { window.printed = true; }; });
  await person.press("Print");
  assert.ok(await person.page.evaluate(() => window.printed));
  await person.page.emulateMedia({ media: "print" });
  assert.ok(await person.page.getByText("Emergency codes of ann for Example Shop").isVisible());
  assert.ok(!(await person.page.getByRole("button", { name: "Print" }).isVisible()));
  await person.page.emulateMedia({ media: "screen" });
  await person.press("Continue");
  assert.deepEqual(await person.codes(), codes, "the page waits until they are saved");
  await person.keepCodes();
  const redeemed = await service.redeem(prompt, await person.back(service));
  assert.equal(redeemed.purpose, "PROMPT_PURPOSE_ENROLL");
  assert.equal(redeemed.enrolled_method_ids.length, 1);
  const { methods } = await service.listMethods("ann");
  assert.equal(methods[0].description, "Ann's phone");
});

test("A wrong code keeps the picture and what was typed", async () => {
  await begin("keeps", "ENROLL");
  await person.press(/^Authenticator app/);
  const picture = await person.page.getByRole("img", { name: /QR code/ }).getAttribute("src");
  await person.page.getByLabel(/Name of this method/).fill("Büro <b>");
  await person.type("123456");
  assert.match(await person.alert(), /not right/);
  assert.equal(await person.page.getByRole("img", { name: /QR code/ }).getAttribute("src"), picture);
  assert.equal(await person.page.getByLabel(/Name of this method/).inputValue(), "Büro <b>");
});

test("A person signs in, after a wrong code too", async () => {
  const { app } = await enrol(browser, twofold, service, "ben");
  const prompt = await begin("ben", "SIGN_IN");
  assert.equal(prompt.required, true);
  assert.equal(await person.heading(), "Sign in to Example Shop");
  assert.equal(await person.page.evaluate(() => document.activeElement.id), "code");
  await person.type("000000");
  assert.match(await person.alert(), /not right/);
  await person.type(await app.code());
  const url = await person.back(service);
  const redeemed = await service.redeem(prompt, url);
  assert.equal(redeemed.method.type, "METHOD_TYPE_TOTP");
  await assert.rejects(service.redeem(prompt, url), /PROMPT_NOT_SATISFIED|prompt/);
});

test("A person has this device remembered, and forgets it again", async () => {
  const { app } = await enrol(browser, twofold, service, "bea");
  const remember = { max_age_seconds: 30 * 24 * 3600 };
  const prompt = await begin("bea", "SIGN_IN", { remember });
  const box = person.page.getByLabel(/Do not ask again on this device until \d{4}-\d\d-\d\d/);
  await box.check();
  await person.type("000000");
  assert.match(await person.alert(), /not right/);
  assert.ok(await box.isChecked(), "what was chosen stays chosen");
  await person.type(await app.code());
  const redeemed = await service.redeem(prompt, await person.back(service));
  assert.match(redeemed.new_grant.grant.description, /^Chrome, Linux$/);
  assert.ok(await service.isRemembered("bea", redeemed.new_grant.token));
  const unasked = await service.createPrompt("bea", "SIGN_IN");
  await person.follow(service, unasked);
  assert.equal(await person.page.getByRole("checkbox").count(), 0, "the service does not offer it");
  const offered = await service.createPrompt("bea", "SIGN_IN", { remember });
  await person.follow(service, offered);
  await person.link("Try another way");
  await person.link(/Emergency code/);
  assert.equal(await person.page.getByRole("checkbox").count(), 0, "emergency codes are not remembered");
  const manage = await service.createPrompt("bea", "MANAGE");
  await person.follow(service, manage);
  await person.type(await app.code());
  await person.page.getByText("Remembered devices").waitFor();
  await person.press("Forget: Chrome, Linux");
  await person.page.getByText("Remembered devices").waitFor({ state: "detached" });
  assert.ok(!(await service.isRemembered("bea", redeemed.new_grant.token)));
});

test("A security key may be remembered too", async () => {
  const enrolling = await begin("bo", "ENROLL");
  await person.plugIn();
  await person.press(/^Security key/);
  await person.press("Register the key");
  await person.page.locator("ol.codes").waitFor();
  await person.keepCodes();
  await service.redeem(enrolling, await person.back(service));
  const prompt = await service.createPrompt("bo", "SIGN_IN", {
    remember: { max_age_seconds: 3600, description: "The blue laptop" },
    allowed_types: ["METHOD_TYPE_SECURITY_KEY"],
  });
  await person.follow(service, prompt);
  await person.page.getByRole("checkbox").check();
  await person.press("Use the security key");
  const redeemed = await service.redeem(prompt, await person.back(service));
  assert.equal(redeemed.new_grant.grant.description, "The blue laptop");
});

test("An emergency code is another way, and it works once", async () => {
  const { codes } = await enrol(browser, twofold, service, "cay");
  const prompt = await begin("cay", "SIGN_IN");
  await person.link("Try another way");
  await person.link(/Emergency code/);
  await person.type(codes[0]);
  const redeemed = await service.redeem(prompt, await person.back(service));
  assert.equal(redeemed.method.type, "METHOD_TYPE_BACKUP_CODES");
  assert.equal(redeemed.backup_codes_remaining, 9);
  const again = await service.createPrompt("cay", "SIGN_IN");
  await person.follow(service, again);
  await person.link("Try another way");
  await person.link(/Emergency code/);
  await person.type(codes[0]);
  assert.match(await person.alert(), /not right/);
});

test("Who has lost everything comes back to the service, which hears of it", async () => {
  await enrol(browser, twofold, service, "dan");
  const prompt = await begin("dan", "SIGN_IN");
  await person.link("Try another way");
  await person.link("I have lost all of these");
  assert.ok(await person.page.getByRole("link", { name: "Use an emergency code" }).isVisible());
  await person.press(/for help/);
  const url = new URL(await person.back(service));
  assert.equal(url.searchParams.get("error"), "lost_all_methods");
  assert.equal(url.searchParams.get("state"), prompt.state);
  await assert.rejects(service.redeem(prompt, url.href));
});

test("Cancelling passes nobody", async () => {
  await enrol(browser, twofold, service, "eve");
  const prompt = await begin("eve", "SIGN_IN");
  await person.press(/^Cancel/);
  const url = new URL(await person.back(service));
  assert.equal(url.searchParams.get("error"), "cancelled");
  await assert.rejects(service.redeem(prompt, url.href));
});

test("A security key is registered and signs in", async () => {
  const prompt = await begin("fay", "ENROLL");
  await person.plugIn();
  await person.press(/^Security key/);
  await person.page.getByLabel(/Name of this method/).fill("Blue key");
  await person.press("Register the key");
  await person.page.locator("ol.codes").waitFor();
  await person.keepCodes();
  await service.redeem(prompt, await person.back(service));
  const login = await service.createPrompt("fay", "SIGN_IN", { require_user_verified: true });
  await person.follow(service, login);
  await person.press("Use the security key");
  const redeemed = await service.redeem(login, await person.back(service));
  assert.equal(redeemed.method.description, "Blue key");
  assert.equal(redeemed.user_verified, true);
});

test("A browser without a key says so, and another way is open", async () => {
  await begin("gil", "ENROLL");
  await person.page.evaluate(() => { navigator.credentials.create = () => Promise.reject(new DOMException("no", "NotAllowedError")); });
  await person.press(/^Security key/);
  await person.page.evaluate(() => { navigator.credentials.create = () => Promise.reject(new DOMException("no", "NotAllowedError")); });
  await person.press("Register the key");
  assert.match(await person.page.locator("#key-failed").textContent(), /did not use a key/);
  await person.link("Back");
  await person.addApp(twofold);
  assert.equal((await person.codes()).length, 10);
});

test("Codes by text message are added, sent, sent again and accepted", async () => {
  const { app } = await enrol(browser, twofold, service, "hal");
  const manage = await begin("hal", "MANAGE");
  assert.equal(await person.heading(), "Confirm that it is you");
  await person.type(await app.code());
  await person.link("Add a method");
  await person.link(/^Text message/);
  await person.page.getByLabel(/Phone number/).fill("0151 23456789");
  await person.press("Send the code");
  assert.match(await person.alert(), /country code/);
  assert.equal(await person.page.getByLabel(/Phone number/).inputValue(), "0151 23456789");
  await person.page.getByLabel(/Phone number/).fill("+4915123456789");
  await person.press("Send the code");
  await person.type(twofold.sentCodes().at(-1));
  assert.equal(await person.heading(), "Your sign-in methods");
  await person.press(/^Done/);
  await service.redeem(manage, await person.back(service));
  const login = await service.createPrompt("hal", "SIGN_IN", { allowed_types: ["METHOD_TYPE_SMS"] });
  await person.follow(service, login);
  await person.press("Send the code");
  assert.match(await person.alert(), /next one can be sent|Too many/, "30 seconds lie between two sends");
});

test("The list renames, prefers and removes methods, and makes and deletes codes", async () => {
  const { app, codes } = await enrol(browser, twofold, service, "ida");
  const manage = await begin("ida", "MANAGE");
  await person.type(await app.code());
  await person.link("Add a method");
  const tablet = await person.addApp(twofold, "Tablet");
  assert.equal(await person.heading(), "Your sign-in methods");
  await person.press("Ask for this first: Tablet");
  await person.link("Rename: Tablet");
  await person.page.getByLabel(/Name of this method/).fill("Tab\u202elet");
  await person.press("Save");
  assert.match(await person.alert(), /shorter name/);
  await person.page.getByLabel(/Name of this method/).fill("Ida's tablet");
  await person.press("Save");
  await person.link("Remove: Ann's phone");
  await person.press("Remove");
  await person.link(/^Make new codes/);
  await person.press("Make new codes");
  const fresh = await person.codes();
  assert.equal(fresh.length, 10);
  assert.ok(!fresh.includes(codes[0]));
  await person.keepCodes();
  await person.link(/^Delete the codes/);
  await person.press("Delete the codes");
  await person.page.getByText("You have no emergency codes.").waitFor();
  await person.press(/^Done/);
  const redeemed = await service.redeem(manage, await person.back(service));
  assert.equal(redeemed.backup_codes_remaining, 0);
  const { methods } = await service.listMethods("ida");
  assert.deepEqual(methods.map((method) => [method.description, method.preferred]), [["Ida's tablet", true]]);
  assert.ok(tablet);
});

test("A locked account shows the time that is left, and an emergency code still works", async () => {
  const { codes } = await enrol(browser, twofold, service, "jon");
  const prompt = await begin("jon", "SIGN_IN");
  for (let i = 0; i < 5; ++i) await person.type("000000");
  assert.equal(await person.heading(), "Your account is locked for a while");
  assert.match(await person.alert(), /try again in \d+ seconds/);
  await person.link("An emergency code works right now.");
  await person.type(codes[3]);
  await service.redeem(prompt, await person.back(service));
});

test("A page that was left shows no codes when the browser goes back", async () => {
  const prompt = await begin("kim", "ENROLL");
  await person.addApp(twofold);
  const codes = await person.codes();
  await person.keepCodes();
  await service.redeem(prompt, await person.back(service));
  await person.page.goBack();
  await person.page.waitForTimeout(300);
  const shown = await person.page.content();
  for (const code of codes) assert.ok(!shown.includes(code));
  assert.match(await person.heading(), /no longer valid|cannot continue/);
});

test("Loading a page again never shows the codes or the picture again, and nothing is lost", async () => {
  const prompt = await begin("lea", "ENROLL");
  await person.press(/^Authenticator app/);
  await person.page.getByRole("img", { name: /QR code/ }).waitFor();
  await person.page.reload();
  assert.match(await person.heading(), /Set up sign-in/);
  await person.addApp(twofold);
  const codes = await person.codes();
  await person.page.reload();
  assert.equal(await person.heading(), "That is set up");
  assert.ok(!(await person.page.content()).includes(codes[0]));
  await person.press("Make new codes");
  assert.equal((await person.codes()).length, 10);
  await person.keepCodes();
  await service.redeem(prompt, await person.back(service));
});

test("Two prompts in two tabs do not disturb each other", async () => {
  const { app } = await enrol(browser, twofold, service, "max");
  const first = await begin("max", "SIGN_IN");
  const tab = person.page;
  await person.newTab();
  const second = await service.createPrompt("max", "SIGN_IN");
  await person.follow(service, second);
  await person.type(await app.code());
  await service.redeem(second, await person.back(service));
  person.page = tab;
  await person.type(await app.code());
  await service.redeem(first, await person.back(service));
});

test("The same browser goes on when it opens the link again, and another one cannot", async () => {
  const { app } = await enrol(browser, twofold, service, "ned");
  const prompt = await begin("ned", "SIGN_IN");
  await person.follow(service, prompt);
  assert.equal(await person.heading(), "Sign in to Example Shop");
  const other = await Person.start(browser);
  await other.page.goto(prompt.url);
  await other.page.getByRole("link", { name: "Back" }).waitFor();
  assert.equal(await other.heading(), "This page is no longer valid");
  await other.link("Back");
  const url = new URL(await other.back(service));
  assert.equal(url.searchParams.get("error"), "expired");
  await other.context.close();
  await person.type(await app.code());
  await service.redeem(prompt, await person.back(service));
});

test("A prompt that the service cancels is over, and the page leads back", async () => {
  await enrol(browser, twofold, service, "oda");
  const prompt = await begin("oda", "SIGN_IN");
  await service.cancel(prompt);
  await person.page.reload();
  assert.equal(await person.heading(), "This page is no longer valid");
  await person.link("Back");
  await person.back(service);
});

test("Without scripts the page says what it needs", async () => {
  person = await Person.start(browser, { javaScriptEnabled: false });
  const prompt = await service.createPrompt("pia", "SIGN_IN");
  await person.page.goto(prompt.url);
  const said = person.page.locator("noscript .error");
  assert.match(await said.innerText(), /needs JavaScript/);
});

test("The page speaks French and German", async () => {
  await begin("quinn", "ENROLL", { locale: "de" });
  assert.equal(await person.heading(), "Anmeldung in zwei Schritten einrichten");
  assert.equal(await person.page.evaluate(() => document.documentElement.lang), "de");
  const french = await Person.start(browser, { locale: "fr-FR" });
  await french.follow(service, await service.createPrompt("quinn", "ENROLL"));
  assert.equal(await french.heading(), "Configurer la connexion en deux étapes");
  await french.context.close();
});
