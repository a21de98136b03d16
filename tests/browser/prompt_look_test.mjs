// Every screen of the page: axe finds nothing, nothing runs over, and the pictures are there to be looked at.
// With SCREENS_FOLDER=FOLDER the pictures are written there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Person, enrol, openBrowser } from "./browser.mjs";
import { Service } from "./service.mjs";
import { Twofold } from "./programs.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = process.env.SCREENS_FOLDER;
const looks = [];
for (const colorScheme of ["light", "dark"]) for (const width of [360, 1280]) looks.push({ colorScheme, width });

let twofold, service, browser;

before(async () => {
  twofold = await Twofold.start({ more: ["--limit_attempts=100", "--restricted_alone"] });
  service = await Service.start(twofold.grpc);
  browser = await openBrowser();
});

after(async () => {
  await browser.close();
  await service.end();
  await twofold.end();
});

// Looks at the screen in each way, and names the picture.
const look = async (person, name) => {
  for (const { colorScheme, width } of looks) {
    await person.page.emulateMedia({ colorScheme });
    await person.page.setViewportSize({ width, height: 740 });
    const over = await person.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${name} runs ${over} px over at ${width} px`);
    const split = await person.page.evaluate(() =>
      [...document.querySelectorAll("ol.codes li")].filter((code) => code.getClientRects().length > 1 || code.scrollWidth > code.clientWidth + 1).length);
    assert.equal(split, 0, `${name} breaks a code at ${width} px`);
    await person.page.evaluate(axe);
    const { violations } = await person.page.evaluate(() =>
      axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
    assert.deepEqual(found, [], `${name}, ${colorScheme}, ${width} px`);
    if (folder && (width === 360 || colorScheme === "light")) {
      await person.page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`), fullPage: true });
    }
  }
};

const begin = async (user, purpose, more, options) => {
  const person = await Person.start(browser, options);
  await person.follow(service, await service.createPrompt(user, purpose, more));
  return person;
};

// The screens of enrolling, in the language and with the names given.
const enrolling = async (prefix, user, more, options) => {
  const person = await begin(user, "ENROLL", more, options);
  const submit = person.page.locator("form[action$=confirm] button[type=submit]");
  await look(person, `${prefix}choose`);
  await person.page.locator("input[value=totp] + button").click();
  await person.page.locator("img.qr").waitFor();
  await person.page.locator("summary").click();
  await look(person, `${prefix}scan`);
  const { App } = await import("./programs.mjs");
  const app = App.scan(await person.page.screenshot({ fullPage: true }), twofold.folder);
  await person.page.locator("#name").fill("m".repeat(64));
  await person.page.locator("#code").fill("000000");
  await submit.click();
  await person.page.getByRole("alert").waitFor();
  await look(person, `${prefix}wrong-code`);
  await person.page.locator("#code").fill(await app.code());
  await submit.click();
  await person.page.locator("ol.codes").waitFor();
  await look(person, `${prefix}codes`);
  await person.page.emulateMedia({ media: "print" });
  if (folder) await person.page.screenshot({ path: join(folder, `${prefix}codes-print.png`) });
  await person.page.emulateMedia({ media: "screen" });
  await person.page.reload();
  await look(person, `${prefix}enrolled`);
  assert.deepEqual(person.faults, []);
  await person.context.close();
  return app;
};

const long = {
  display_name: "Wohnungsbaugenossenschaftsverwaltungsgesellschaft Nordrhein-West",
  account_name: `${"donaudampfschifffahrtsgesellschaft".repeat(3)}@${"example".repeat(8)}.org`,
};
const rightToLeft = { display_name: "متجر المثال", account_name: "مستخدم@example.org" };

test("The screens of enrolling look right", () => enrolling("", "ann", {}));
test("They look right in German, with long names", () => enrolling("de-long-", "long", { locale: "de", ...long }));
test("They look right in French, with names from right to left", () =>
  enrolling("fr-rtl-", "rtl", { locale: "fr", ...rightToLeft }));

test("The screens of the other types look right", async () => {
  const person = await begin("types", "ENROLL", { allowed_types: ["METHOD_TYPE_SECURITY_KEY", "METHOD_TYPE_SMS"] });
  await person.press(/^Security key/);
  await person.page.locator("#key-start").waitFor();
  await look(person, "add-key");
  await person.page.evaluate(() => { document.getElementById("key-failed").hidden = false; });
  await look(person, "add-key-failed");
  await person.link("Back");
  await person.link(/^Text message/);
  await look(person, "phone");
  await person.page.locator("#destination").fill("+4915123456789");
  await person.press("Send the code");
  await person.page.locator("#code").waitFor();
  await look(person, "phone-code");
  await person.context.close();
});

test("The screens of signing in look right", async () => {
  const { codes } = await enrol(browser, twofold, service, "ben");
  const person = await begin("ben", "SIGN_IN", { transaction_text: "Transfer 100 € to Bob" });
  await look(person, "sign-in");
  await person.link("Try another way");
  await look(person, "others");
  await person.link("I have lost all of these");
  await look(person, "lost");
  await person.link("Use an emergency code");
  await look(person, "emergency-code");
  await person.link("Try another way");
  await person.link(/^Ann's phone/);
  for (let i = 0; i < 5; ++i) await person.type("000000");
  await look(person, "locked");
  await person.link("An emergency code works right now.");
  await person.type(codes[0]);
  await person.back(service);
  const nobody = await begin("nobody", "SIGN_IN");
  await look(nobody, "no-method");
  await nobody.context.close();
  await person.context.close();
});

test("The screens of managing look right", async () => {
  const { app } = await enrol(browser, twofold, service, "cay");
  const person = await begin("cay", "MANAGE", long);
  await look(person, "proof");
  await person.type(await app.code());
  await person.page.getByRole("link", { name: /^Rename/ }).waitFor();
  await look(person, "manage");
  for (const [link, name] of [[/^Rename/, "rename"], [/^Remove/, "remove"], [/^Make new/, "new-codes"],
    [/^Delete the/, "delete-codes"], [/^Add a/, "add"]]) {
    await person.link(link);
    await person.page.getByRole("link", { name: "Back" }).waitFor();
    await look(person, name);
    await person.link("Back");
  }
  await person.context.close();
});

test("The screens without a prompt look right", async () => {
  const person = await Person.start(browser);
  const prompt = await service.createPrompt("dan", "SIGN_IN");
  await service.cancel(prompt);
  await person.page.goto(prompt.url);
  await person.page.getByRole("link", { name: "Back" }).waitFor();
  await look(person, "over");
  await person.page.goto(`${twofold.url}/p/abc`);
  await look(person, "no-session");
  await person.page.goto(`${twofold.url}/none`);
  await look(person, "not-found");
  await person.context.close();
});
