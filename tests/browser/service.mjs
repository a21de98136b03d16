// A service whose users pass the second factor at the page. It is another site than the page's, because
// 127.0.0.1 and localhost are.
import { createServer } from "node:http";
import { randomBytes, randomUUID } from "node:crypto";
import { resolve } from "node:path";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const protos = resolve(process.env.TEST_PROTOS ?? "proto");
const loaded = loader.loadSync(["prompt_service", "two_factor_service", "admin_service"].map((name) => `twofold/v1/${name}.proto`), {
  includeDirs: [protos, "/usr/include"],
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
});
const { v1 } = grpc.loadPackageDefinition(loaded).twofold;

const call = (client, method, request) =>
  new Promise((done, failed) =>
    client[method](request, { deadline: Date.now() + 10000 }, (error, answer) => (error ? failed(error) : done(answer))));

export class Service {
  static async start(address) {
    const service = new Service();
    service.prompts = new v1.PromptService(address, grpc.credentials.createInsecure());
    service.twoFactor = new v1.TwoFactorService(address, grpc.credentials.createInsecure());
    service.admin = new v1.AdminService(address, grpc.credentials.createInsecure());
    service.requests = [];
    service.http = createServer((request, response) => {
      service.requests.push({ url: request.url, headers: request.headers });
      response.setHeader("content-type", "text/html");
      response.end(service.html ?? `<title>Service</title><h1>Back at the service</h1>`);
    });
    await new Promise((done) => service.http.listen(0, "127.0.0.1", done));
    service.origin = `http://127.0.0.1:${service.http.address().port}`;
    return service;
  }

  // Creates a prompt. Returns it with what the service keeps.
  async createPrompt(user, purpose, more = {}) {
    const state = randomBytes(18).toString("base64url");
    const created = await call(this.prompts, "CreatePrompt", {
      user_id: user,
      request_id: randomUUID(),
      purpose: `PROMPT_PURPOSE_${purpose}`,
      return_url: `${this.origin}/done`,
      state,
      display_name: "Example Shop",
      ...more,
    });
    return { ...created, state, user };
  }

  // Whether a device that has this token is remembered.
  async isRemembered(user, grant) {
    try {
      await call(this.twoFactor, "CheckGrant", { user_id: user, grant });
      return true;
    } catch (error) {
      if (!error.message.includes("the grant is not accepted")) throw error;
      return false;
    }
  }

  // Redeems what came back with the browser. Throws unless the user has passed.
  async redeem(prompt, url, more = {}) {
    const back = new URL(url);
    if (back.searchParams.get("state") !== prompt.state) throw new Error("another state came back");
    return call(this.prompts, "RedeemPrompt", {
      user_id: prompt.user,
      request_id: randomUUID(),
      prompt_id: prompt.prompt_id,
      code: back.searchParams.get("twofold_code") ?? "",
      ...more,
    });
  }

  cancel(prompt) {
    return call(this.prompts, "CancelPrompt", { user_id: prompt.user, prompt_id: prompt.prompt_id });
  }

  // The answer of a key goes back with the id of the challenge.
  start(user, more = {}) {
    return call(this.twoFactor, "StartChallenge", { user_id: user, ...more });
  }

  listMethods(user) {
    return call(this.twoFactor, "ListMethods", { user_id: user });
  }
  reset(user) {
    return call(this.admin, "ResetSubject", { user_id: user, request_id: randomUUID(), reason: "test" });
  }
  call(method, request) {
    return call(this.twoFactor, method, { request_id: randomUUID(), ...request });
  }

  end() {
    this.prompts.close();
    this.twoFactor.close();
    this.admin.close();
    this.http.closeAllConnections();
    return new Promise((done) => this.http.close(done));
  }
}
