import net from "node:net";
import { KithError, PROBLEM_CODES, type ProblemCode, type ProblemDocument } from "@kith/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpApp } from "./create-http-app.ts";
import { createLogger } from "./create-logger.ts";
import type { HealthCheck } from "./health.ts";
import { listenHttp } from "./listen-http.ts";
import { ConfigError } from "./load-config.ts";

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

async function setup(checks: HealthCheck[] = []) {
  const log: string[] = [];
  const logger = createLogger({ service: "test", level: "debug", destination: { write: (line) => log.push(line) } });
  const app = createHttpApp({ logger, bodyLimitBytes: 1_000, checks });
  const held = Promise.withResolvers<void>();
  app.post("/echo", async (request) => ({ body: request.body }));
  app.post("/things/lookup", async () => ({}));
  app.get<{ Params: { id: string } }>("/things/:id", async (request) => ({ id: request.params.id }));
  app.get("/held", async () => {
    await held.promise;
    return { ok: true };
  });
  app.get("/broken", async () => {
    throw Object.assign(new Error("of no interest to clients"), { statusCode: 200 });
  });
  app.get("/busy", async () => {
    throw new KithError("overloaded");
  });
  const url = await listenHttp(app, { HOST: "127.0.0.1", PORT: 0 });
  running.push(app);
  return { app, url, port: Number(new URL(url).port), log, release: held.resolve };
}

/** Sends bytes and resolves with all that came back when the peer closes, or when the first answer is whole. */
function exchange(port: number, bytes: string | Buffer): Promise<string> {
  const answer = Promise.withResolvers<string>();
  const socket = net.connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    const [head, body] = text.split("\r\n\r\n");
    const length = /content-length: (\d+)/i.exec(head ?? "")?.[1];
    if (body !== undefined && (length === undefined || body.length >= Number(length))) socket.end();
  });
  socket.on("close", () => answer.resolve(text));
  socket.on("error", answer.reject);
  socket.write(bytes);
  return answer.promise;
}

const HOST = "Host: kith\r\n";
const JSON_TYPE = "Content-Type: application/json\r\n";
const post = (headers: string, body: string | Buffer = "") =>
  Buffer.concat([Buffer.from(`POST /echo HTTP/1.1\r\n${HOST}${headers}\r\n`), Buffer.from(body)]);
const withLength = (body: string | Buffer, headers = JSON_TYPE) =>
  post(`${headers}Content-Length: ${body.length}\r\n`, body);

const REFUSALS: [what: string, bytes: string | Buffer, code: ProblemCode][] = [
  ["an unknown path", `GET /nowhere?email=a@b.io HTTP/1.1\r\n${HOST}\r\n`, "unknown-route"],
  [
    "an unknown path with a broken body",
    `POST /nowhere HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 1\r\n\r\n{`,
    "unknown-route",
  ],
  ["a traversal", `GET /things/../../etc/passwd HTTP/1.1\r\n${HOST}\r\n`, "unknown-route"],
  ["a wrong method", `DELETE /echo HTTP/1.1\r\n${HOST}\r\n`, "method-not-allowed"],
  ["a wrong method beside a parameter", `GET /things/lookup HTTP/1.1\r\n${HOST}\r\n`, "method-not-allowed"],
  ["a method that Node does not know", `BREW /echo HTTP/1.1\r\n${HOST}\r\n`, "invalid-request"],
  ["CONNECT", `CONNECT kith:1 HTTP/1.1\r\n${HOST}\r\n`, "invalid-request"],
  ["a request without Host", "GET /livez HTTP/1.1\r\n\r\n", "invalid-request"],
  ["an expectation that is not 100-continue", post("Expect: tea\r\n"), "invalid-request"],
  ["an empty body without content type", post(""), "unsupported-media-type"],
  ["a body without content type", withLength("{}", ""), "unsupported-media-type"],
  ["text/plain", withLength("{}", "Content-Type: text/plain\r\n"), "unsupported-media-type"],
  ["XML", withLength("<a/>", "Content-Type: application/xml\r\n"), "unsupported-media-type"],
  ["a content type that is none", withLength("{}", "Content-Type: json\r\n"), "unsupported-media-type"],
  ["gzip", withLength("{}", `${JSON_TYPE}Content-Encoding: gzip\r\n`), "unsupported-media-type"],
  ["an empty body", withLength(""), "malformed-json"],
  ["truncated JSON", withLength('{"a":'), "malformed-json"],
  ["invalid UTF-8", withLength(Buffer.from([0x22, 0xff, 0x22])), "malformed-json"],
  ["__proto__ in the depth", withLength('{"a":[{"__proto__":{}}]}'), "invalid-body"],
  ["an escaped __proto__", withLength('{"\\u005f_proto__":{}}'), "invalid-body"],
  ["constructor.prototype", withLength('{"constructor":{"prototype":{}}}'), "invalid-body"],
  ["a body above the limit", withLength(`"${"x".repeat(100_000)}"`), "body-too-large"],
  [
    "a chunked body above the limit",
    post(`${JSON_TYPE}Transfer-Encoding: chunked\r\n`, `800\r\n${"x".repeat(2_048)}\r\n0\r\n\r\n`),
    "body-too-large",
  ],
  ["a broken chunk size", post(`${JSON_TYPE}Transfer-Encoding: chunked\r\n`, "zz\r\n"), "invalid-request"],
  [
    "both Content-Length and Transfer-Encoding",
    post(`${JSON_TYPE}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n`, "0\r\n\r\n"),
    "invalid-request",
  ],
  ["headers above the limit", `GET /livez HTTP/1.1\r\n${HOST}A: ${"x".repeat(20_000)}\r\n\r\n`, "headers-too-large"],
  ["too many headers", `GET /livez HTTP/1.1\r\n${HOST}${"a: b\r\n".repeat(256)}\r\n`, "headers-too-large"],
  ["a broken % escape", `GET /things/%zz HTTP/1.1\r\n${HOST}\r\n`, "invalid-request"],
  ["a parameter of 101 octets", `GET /things/${"1".repeat(101)} HTTP/1.1\r\n${HOST}\r\n`, "uri-too-long"],
  ["an address that is too long", `GET /things/1?${"x".repeat(9_000)} HTTP/1.1\r\n${HOST}\r\n`, "uri-too-long"],
  ["what is not HTTP", "\x16\x03\x01\r\n\r\n", "invalid-request"],
  ["an error nobody foresaw", `GET /broken HTTP/1.1\r\n${HOST}\r\n`, "internal"],
  ["an error of the table", `GET /busy HTTP/1.1\r\n${HOST}\r\n`, "overloaded"],
];

describe("createHttpApp", () => {
  it.each(REFUSALS)("answers %s with its problem document", async (_what, bytes, code) => {
    const { port } = await setup();
    const answer = await exchange(port, bytes);
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${PROBLEM_CODES[code].status} `));
    expect(head).toMatch(/content-type: application\/problem\+json(\r\n|$)/i);
    const document = JSON.parse(body) as ProblemDocument;
    expect(document).toEqual({ type: `urn:kith:problem:${code}`, code, errors: [], ...PROBLEM_CODES[code] });
  });

  it("names the methods of a path in Allow, and answers OPTIONS with them", async () => {
    const { url } = await setup();
    expect((await fetch(`${url}/echo`)).headers.get("allow")).toBe("POST");
    expect((await fetch(`${url}/things/1`, { method: "PUT" })).headers.get("allow")).toBe("GET, HEAD");
    const options = await fetch(`${url}/echo`, { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "POST"]);
  });

  it("closes the connection after a body above the limit", async () => {
    const { url } = await setup();
    const answer = await fetch(`${url}/echo`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "x".repeat(3_000_000),
    });
    expect([answer.status, answer.headers.get("connection")]).toEqual([413, "close"]);
  });

  it("says when to come back with a 503", async () => {
    const { url } = await setup();
    expect((await fetch(`${url}/busy`)).headers.get("retry-after")).toBe("1");
  });

  it("logs an unforeseen error once and tells the client nothing of it", async () => {
    const { url, log } = await setup();
    const answer = await (await fetch(`${url}/broken?email=marty`)).text();
    expect(answer).not.toContain("interest");
    expect(log).toHaveLength(1);
    expect(log[0]).toContain("of no interest to clients");
    expect(log[0]).not.toContain("marty");
  });

  it("takes a charset and a well-formed body", async () => {
    const { port } = await setup();
    const body = '{"é":1}';
    const answer = await exchange(
      port,
      withLength(Buffer.from(body), "Content-Type: application/json; charset=utf-8\r\n"),
    );
    expect(answer).toContain("200 OK");
  });

  it("does not take an error on a connection for the answer to the request before it", async () => {
    const { port, release } = await setup();
    const answer = exchange(port, `GET /held HTTP/1.1\r\n${HOST}\r\n\x16\x03\x01\r\n\r\n`);
    expect(await answer).toBe("");
    release();
  });
});

describe("health", () => {
  it("is ready only when every check passes, and live whatever is not ready", async () => {
    let isUp = false;
    const { url } = await setup([
      { name: "log", kind: "ready", check: () => isUp },
      { name: "database", kind: "ready", check: async () => true },
      { name: "rejecting", kind: "ready", check: async () => (isUp ? true : Promise.reject(new Error("down"))) },
    ]);
    const answer = await fetch(`${url}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { status: "failing", checks: { log: "failing", database: "ok", rejecting: "failing" } },
    ]);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    isUp = true;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it("counts a live check for both, and joins two of one name", async () => {
    const { url } = await setup([
      { name: "consumer", kind: "live", check: () => false },
      { name: "consumer", kind: "ready", check: () => true },
    ]);
    expect((await fetch(`${url}/livez`)).status).toBe(503);
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ checks: { consumer: "failing" } });
  });
});

describe("too much to do", () => {
  it("refuses new requests with 503, but not those that ask for its health", async () => {
    const app = createHttpApp({
      logger: createLogger({ service: "test", level: "silent" }),
      checks: [],
      pressureLimits: { sampleMs: 10, delayMsMax: 40, lateSamplesMax: 2 },
    });
    app.get("/work", async () => ({}));
    const url = await listenHttp(app, { HOST: "127.0.0.1", PORT: 0 });
    running.push(app);
    const isRefused = async () => {
      // Timers come late for as long as this is asked.
      const endsAt = performance.now() + 80;
      while (performance.now() < endsAt);
      const answer = await fetch(`${url}/work`);
      if (answer.status !== 503) return false;
      expect(await answer.json()).toMatchObject({ code: "overloaded" });
      expect(answer.headers.get("retry-after")).toBe("1");
      expect((await fetch(`${url}/livez`)).status).toBe(200);
      return true;
    };
    await expect.poll(isRefused, { interval: 1 }).toBe(true);
    await expect.poll(async () => (await fetch(`${url}/work`)).status).toBe(200);
  });
});

describe("closing", () => {
  it("finishes what is under way, refuses the rest, and does not wait for idle connections", async () => {
    const { app, url, port, release } = await setup();
    const idle = net.connect(port, "127.0.0.1");
    await new Promise((resolve) => idle.once("connect", resolve));
    const held = fetch(`${url}/held`);
    await expect.poll(() => new Promise((resolve) => app.server.getConnections((_e, n) => resolve(n)))).toBe(2);
    // A second request on a connection that is busy while the server closes.
    const late = net.connect(port, "127.0.0.1");
    let lateText = "";
    late.on("data", (chunk) => {
      lateText += chunk.toString();
    });
    late.write(`GET /livez HTTP/1.1\r\n${HOST}\r\nPOST /echo HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 2\r\n\r\n`);
    await expect.poll(() => lateText).toContain('"status":"ok"');
    const closed = app.close();
    await expect.poll(() => app.server.listening).toBe(false);
    late.write("{}");
    await expect.poll(() => lateText).toContain("200 OK");
    release();
    expect(await (await held).json()).toEqual({ ok: true });
    await closed;
  });
});

describe("listenHttp", () => {
  it("names the variable when the port is taken", async () => {
    const { port } = await setup();
    const app = createHttpApp({ logger: createLogger({ service: "test", level: "silent" }), checks: [] });
    running.push(app);
    const listening = listenHttp(app, { HOST: "127.0.0.1", PORT: port });
    await expect(listening).rejects.toThrow(ConfigError);
    await expect(listening).rejects.toThrow(/PORT: the port is taken/);
  });
});
