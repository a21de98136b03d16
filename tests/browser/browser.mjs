// The browser of a test, and the steps of a person in it.
import { chromium } from "playwright-core";
import { App } from "./programs.mjs";

export const openBrowser = () =>
  chromium.launch({
    executablePath: process.env.TEST_CHROMIUM ?? "/usr/bin/chromium",
    args: process.getuid() === 0 ? ["--no-sandbox"] : [],
  });

// A person with a browser of their own.
export class Person {
  static async start(browser, options = {}) {
    const person = new Person();
    person.context = await browser.newContext({ locale: "en-GB", viewport: { width: 420, height: 800 }, ...options });
    person.faults = [];
    await person.newTab();
    return person;
  }

  async newTab() {
    this.page = await this.context.newPage();
    // Whatever a policy blocks or a script throws is a fault of the page. A refused form is none.
    this.page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("the server responded with a status of")) {
        this.faults.push(message.text());
      }
    });
    this.page.on("pageerror", (error) => this.faults.push(error.message));
    return this.page;
  }

  // Follows the link of a prompt from a page of the service.
  async follow(service, prompt) {
    await this.page.goto(service.origin);
    await this.page.evaluate((url) => { location.href = url; }, prompt.url);
    await this.page.waitForURL("**/p/*");
  }

  press(name) { return this.page.getByRole("button", { name }).click(); }
  link(name) { return this.page.getByRole("link", { name }).click(); }
  heading() { return this.page.getByRole("heading", { level: 1 }).textContent(); }
  alert() { return this.page.getByRole("alert").textContent(); }
  async type(code) {
    await this.page.locator("#code").fill(code);
    await this.press("Continue");
  }

  // Waits until the browser is at the service, and returns the address.
  async back(service) {
    await this.page.waitForURL(`${service.origin}/done?**`);
    return this.page.url();
  }

  // Adds an app by its QR code. Ends on the emergency codes if it is the first method.
  async addApp(twofold, name = "Ann's phone") {
    await this.press(/^Authenticator app/);
    const app = App.scan(await this.page.screenshot({ fullPage: true }), twofold.folder);
    await this.page.getByLabel(/Name of this method/).fill(name);
    await this.type(await app.code());
    return app;
  }

  codes() { return this.page.locator("ol.codes li").allTextContents(); }
  async keepCodes() {
    await this.page.getByLabel("I have saved the codes").check();
    await this.press("Continue");
  }

  // Gives the browser a security key in software.
  async plugIn(options = {}) {
    const devtools = await this.context.newCDPSession(this.page);
    await devtools.send("WebAuthn.enable");
    const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2", transport: "usb", hasResidentKey: false, hasUserVerification: true,
        isUserVerified: true, automaticPresenceSimulation: true, ...options,
      },
    });
    return { devtools, authenticatorId };
  }
}

// Enrols a user through the page, and returns the app and the emergency codes.
export async function enrol(browser, twofold, service, user) {
  const person = await Person.start(browser);
  const prompt = await service.createPrompt(user, "ENROLL");
  await person.follow(service, prompt);
  const app = await person.addApp(twofold);
  const codes = await person.codes();
  await person.keepCodes();
  await service.redeem(prompt, await person.back(service));
  await person.context.close();
  return { app, codes };
}
