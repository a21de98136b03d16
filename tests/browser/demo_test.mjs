// The five steps of a person, through the sample service and `./dev demo`'s script.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { Person, openBrowser } from "./browser.mjs";
import { Program, freePort } from "./programs.mjs";

let demo, browser, folder, site;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "twofold-demo-"));
  const ports = [await freePort(), await freePort(), await freePort()];
  // The folder of binaries is that from which the server comes.
  const bin = resolve(dirname(process.env.TEST_SERVER), "..");
  demo = new Program(resolve(process.env.TEST_DEMO), [bin, "--keep", folder, "--port", ports[0], "--page_port", ports[1],
    "--server_port", ports[2]]);
  await demo.waitFor("Ctrl-C ends the demo");
  site = `http://127.0.0.1:${ports[0]}`;
  browser = await openBrowser();
});

after(async () => {
  await browser.close();
  await demo.end("SIGINT");
  rmSync(folder, { recursive: true });
});

const signIn = async (person, user, password) => {
  await person.page.goto(site);
  await person.page.getByLabel("Name").fill(user);
  await person.page.getByLabel("Password").fill(password);
  await person.press("Sign in");
};

test("A person enables the second step, uses it, and changes it", async () => {
  const person = await Person.start(browser);
  await signIn(person, "ann", "wrong");
  assert.match(await person.alert(), /wrong/);
  await signIn(person, "ann", "ann's password");
  assert.equal(await person.heading(), "Welcome, ann", "a user without a second step needs none");
  await person.link("Security");
  await person.press("Set up a second step");
  await person.page.waitForURL("**/p/*");
  const app = await person.addApp({ folder }, "Ann's phone");
  const codes = await person.codes();
  await person.keepCodes();
  await person.page.getByText("A second step protects your account").waitFor();
  assert.ok(await person.page.getByText("Ann's phone").isVisible());
  await person.link("Back");
  await person.press("Sign out");

  await signIn(person, "ann", "ann's password");
  await person.page.waitForURL("**/p/*");
  await person.page.goto(site);
  assert.equal(await person.heading(), "Sign in", "the password alone is not enough");
  await signIn(person, "ann", "ann's password");
  await person.page.waitForURL("**/p/*");
  await person.type(await app.code());
  await person.page.getByText("Welcome, ann").waitFor();
  await person.press("Sign out");

  await signIn(person, "ann", "ann's password");
  await person.link("Try another way");
  await person.link(/^Emergency code/);
  await person.type(codes[0]);
  await person.page.getByText("Welcome, ann").waitFor();
  await person.link("Security");
  await person.press("Change");
  await person.link("Try another way");
  await person.link(/^Emergency code/);
  await person.type(codes[1]);
  await person.link(/^Remove/);
  await person.press("Remove");
  await person.press(/^Done/);
  await person.page.getByText("Your password alone is enough").waitFor();
  await person.context.close();
});

test("What comes back to another browser signs nobody in", async () => {
  const person = await Person.start(browser);
  await signIn(person, "bob", "bob's password");
  await person.link("Security");
  await person.press("Set up a second step");
  await person.page.waitForURL("**/p/*");
  const app = await person.addApp({ folder });
  await person.keepCodes();
  await person.page.getByText("A second step protects").waitFor();

  // Whoever has the password sends the link to bob, who passes in his own browser.
  const thief = await Person.start(browser);
  await thief.page.route("**/start", (route) => route.abort());
  await thief.page.goto(site);
  const answer = thief.page.waitForResponse("**/sign-in");
  await signIn(thief, "bob", "bob's password").catch(() => {});
  await person.page.goto(await (await answer).headerValue("location"));
  await person.page.waitForURL("**/p/*");
  await person.type(await app.code());
  await person.page.getByText("This answer belongs to another browser").waitFor();
  await thief.page.goto(site);
  assert.equal(await thief.heading(), "Sign in");
  await thief.context.close();
  await person.context.close();
});
