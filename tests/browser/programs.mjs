// Starts the real programs of a test in a folder of its own, and ends them with it.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const binary = (name) => resolve(process.env[`TEST_${name}`] ?? `${name.toLowerCase()} is not built`);

export const freePort = () =>
  new Promise((done) => {
    const socket = createServer();
    socket.listen(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => done(port));
    });
  });

// A process whose output is kept.
export class Program {
  constructor(path, args, env = {}) {
    this.output = "";
    this.child = spawn(path, args, { env: { PATH: process.env.PATH, ...env } });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on("data", (text) => { this.output += text; });
    }
    this.ended = new Promise((done) => this.child.on("exit", done));
  }

  async waitFor(text, seconds = 20) {
    for (let i = 0; i < seconds * 50; ++i) {
      if (this.output.includes(text)) return;
      if (this.child.exitCode !== null) break;
      await sleep(20);
    }
    throw new Error(`"${text}" was not said: ${this.output}`);
  }

  async end(signal = "SIGTERM") {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    await this.ended;
  }
}

// A server and a page, on loopback. `more` has further flags of the server, and `page` of the page. `origin` is
// where browsers reach the page, if not at its own port.
export class Twofold {
  static async start({ more = [], page = [], origin } = {}) {
    const twofold = new Twofold();
    twofold.folder = mkdtempSync(join(tmpdir(), "twofold-browser-"));
    twofold.grpc = `127.0.0.1:${await freePort()}`;
    twofold.port = await freePort();
    twofold.origin = origin ?? `http://localhost:${twofold.port}`;
    twofold.url = twofold.origin;
    twofold.serverFlags = [
      `--listen=${twofold.grpc}`, "--ops_listen=", `--data_dir=${twofold.folder}/data`, "--issuer=Example Shop",
      `--audit_log=${twofold.folder}/audit.log`, `--prompt_url=${twofold.url}`, "--webauthn_rp_id=localhost",
      `--webauthn_origins=${twofold.origin}`, `--sms_carrier=file:${twofold.folder}/sms.txt`,
      "--sms_prefixes=+49", ...more,
    ];
    twofold.pageFlags = [
      `--listen=127.0.0.1:${twofold.port}`, `--server=${twofold.grpc}`, `--public_url=${twofold.url}`,
      "--ops_listen=", ...page,
    ];
    await twofold.startServer();
    await twofold.startPage();
    return twofold;
  }

  async startServer() {
    this.server = new Program(binary("SERVER"), this.serverFlags);
    await this.server.waitFor("listening on");
  }

  async startPage() {
    this.page = new Program(binary("PROMPT"), this.pageFlags);
    await this.page.waitFor("listening on");
  }

  // The codes that were sent so far, the latest last.
  sentCodes() {
    const path = `${this.folder}/sms.txt`;
    if (!existsSync(path)) return [];
    return readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line).data.code);
  }

  log() { return this.server.output + this.page.output; }
  audit() { return readFileSync(`${this.folder}/audit.log`, "utf8"); }

  async end() {
    await this.page.end();
    await this.server.end();
    rmSync(this.folder, { recursive: true });
  }
}

// An authenticator app on a phone: a scanner and an independent implementation of TOTP.
export class App {
  // Reads the QR code from a picture of the page.
  static scan(png, folder) {
    const path = join(folder, "screen.png");
    writeFileSync(path, png);
    const text = execFileSync("zbarimg", ["--quiet", "--raw", path], { stdio: ["ignore", "pipe", "ignore"] });
    return new App(text.toString().trim());
  }

  constructor(uri) {
    this.uri = new URL(uri);
    this.secret = this.uri.searchParams.get("secret");
    // A code is good once, so later codes come from later time steps, which the server takes one ahead.
    this.last = 0;
  }

  async code() {
    for (;;) {
      const step = Math.floor(Date.now() / 30000);
      const next = Math.max(step, this.last + 1);
      if (next <= step + 1) {
        this.last = next;
        return execFileSync("oathtool", ["--totp", "--base32", `--now=@${next * 30}`, this.secret]).toString().trim();
      }
      await sleep(500);
    }
  }

  wrongCode() { return "000000"; }
}
