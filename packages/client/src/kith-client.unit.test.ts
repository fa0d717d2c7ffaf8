import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { problemDocument } from "@kith/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { KithProblem, KithUnreachable, UnexpectedAnswer } from "./client-errors.ts";
import { createKithClient, type KithClientOptions } from "./kith-client.ts";

type Seen = { method: string; url: string; headers: IncomingMessage["headers"]; body: string };
type Scripted = { status: number; headers?: Record<string, string>; body: unknown } | "silence";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server that gives one answer to everything and remembers what it was asked. */
async function setup(scripted: Scripted, timeoutMs = 2_000, more: KithClientOptions = {}) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
    if (scripted === "silence") return;
    response.writeHead(scripted.status, { "content-type": "application/json", ...scripted.headers });
    response.end(typeof scripted.body === "string" ? scripted.body : JSON.stringify(scripted.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { seen, url, kith: createKithClient({ ingressUrl: `${url}/`, queryUrl: url, timeoutMs, ...more }) };
}

const contact = {
  primaryContactId: 1,
  emails: ["lorraine@hillvalley.edu"],
  phoneNumbers: ["123456"],
  secondaryContactIds: [2],
};
const identity = { identityId: 12, version: 3, size: 2, truncated: false };

describe("an API key", () => {
  it("goes to both services with each request", async () => {
    const { kith, seen } = await setup({ status: 202, body: { eventId: "e", receipt: "r" } }, 2_000, {
      apiKey: "kith_id_secret",
      headers: { "x-shop": "7" },
    });
    await kith.publishOrder({ email: "lorraine@hillvalley.edu" });
    await kith.receipt("r").catch(() => undefined);
    for (const { headers } of seen) {
      expect(headers).toMatchObject({ authorization: "Bearer kith_id_secret", "x-shop": "7" });
    }
    expect(seen.map(({ url }) => url)).toEqual(["/v1/orders", "/v1/receipts/r?waitMs=0"]);
  });

  it("is not sent where none is given, and no error tells it", async () => {
    const open = await setup({ status: 202, body: { eventId: "e", receipt: "r" } });
    await open.kith.publishOrder({ email: "lorraine@hillvalley.edu" });
    expect(open.seen[0]?.headers.authorization).toBeUndefined();

    const refused = { ...problemDocument("unauthenticated") };
    const { kith } = await setup({ status: 401, body: refused }, 2_000, { apiKey: "kith_id_secret" });
    const error = await kith.publishOrder({ email: "lorraine@hillvalley.edu" }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "unauthenticated", status: 401 });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("secret");
  });
});

describe("identify", () => {
  it("sends what is known and answers with the contact and the receipt", async () => {
    const { kith, seen } = await setup({ status: 200, headers: { "kith-receipt": "r1" }, body: { contact } });
    const answer = await kith.identify(
      { email: "lorraine@hillvalley.edu", phoneNumber: 123456 },
      { idempotencyKey: "evt-1", waitSeconds: 5 },
    );
    expect(answer).toEqual({ kind: "resolved", contact, receipt: "r1", isTruncated: false });
    expect(seen[0]).toMatchObject({ method: "POST", url: "/api/identify" });
    expect(seen[0]?.headers).toMatchObject({ "idempotency-key": "evt-1", prefer: "wait=5" });
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual({ email: "lorraine@hillvalley.edu", phoneNumber: 123456 });
  });

  it("says that a large identity is not shown whole", async () => {
    const headers = { "kith-receipt": "r1", "kith-truncated": "true" };
    const { kith } = await setup({ status: 200, headers, body: { contact } });
    expect(await kith.identify({ phoneNumber: "123456" })).toMatchObject({ isTruncated: true });
  });

  it("answers with the receipt alone where the wait ran out", async () => {
    const { kith } = await setup({ status: 202, body: { eventId: "e", receipt: "r", dropped: ["phoneNumber"] } });
    expect(await kith.identify({ email: "a@b.io", phoneNumber: "0000000" })).toEqual({
      ...{ kind: "accepted", eventId: "e", receipt: "r", dropped: ["phoneNumber"] },
    });
  });
});

describe("the other calls", () => {
  it.each([
    ["publishOrder", { eventId: "e", receipt: "r" }, "POST", "/v1/orders"],
    ["contact", { contact, identity }, "GET", "/v1/contacts/1"],
    ["identity", { contact, identity: { ...identity, mergedFrom: [9] } }, "GET", "/v1/identities/9"],
    ["receipt", { status: "dead-letter", code: "junk" }, "GET", "/v1/receipts/r?waitMs=0"],
    [
      "progress",
      {
        topic: "order.identity",
        partitions: [{ partition: 0, nextOffset: 4, logEnd: 5, lag: 1 }],
        ...{ lag: 1, relayAgeMs: 0, deadLetters: { junk: 2 } },
      },
      "GET",
      "/v1/progress",
    ],
  ] as const)("%s asks its route and hands on the answer", async (name, body, method, url) => {
    const { kith, seen } = await setup({ status: 200, body });
    const calls = {
      publishOrder: () => kith.publishOrder({ email: "a@b.io", orderId: "o-1" }),
      contact: () => kith.contact(1),
      identity: () => kith.identity(9),
      receipt: () => kith.receipt("r"),
      progress: () => kith.progress(),
    };
    expect(await calls[name]()).toEqual(body);
    expect(seen).toMatchObject([{ method, url }]);
  });

  it("lookup tells found from pending", async () => {
    const found = await setup({ status: 200, body: { contact, identity, unmatched: ["email"] } });
    expect(await found.kith.lookup({ email: "x@y.io", phoneNumber: "123456" })).toEqual({
      ...{ kind: "found", contact, identity, unmatched: ["email"] },
    });
    const pending = await setup({ status: 202, body: { status: "pending" } });
    expect(await pending.kith.lookup({ email: "x@y.io", receipt: "r", waitMs: 10 })).toEqual({ kind: "pending" });
    expect(JSON.parse(pending.seen[0]?.body ?? "")).toEqual({ email: "x@y.io", receipt: "r", waitMs: 10 });
  });

  it("escapes what goes into a path", async () => {
    const { kith, seen } = await setup({ status: 200, body: { status: "pending" } });
    await kith.receipt("../a b?", { waitMs: 7 });
    expect(seen[0]?.url).toBe("/v1/receipts/..%2Fa%20b%3F?waitMs=7");
  });
});

describe("what goes wrong", () => {
  it("a problem document becomes a KithProblem", async () => {
    const body = problemDocument("different-identities", { identityIds: [3, 4], detail: "two people" });
    const { kith } = await setup({ status: 409, headers: { "content-type": "application/problem+json" }, body });
    const problem = await kith.lookup({ email: "a@b.io", phoneNumber: "717171" }).catch((error) => error);
    expect(problem).toBeInstanceOf(KithProblem);
    expect(problem).toMatchObject({
      ...{ code: "different-identities", status: 409, identityIds: [3, 4], detail: "two people", errors: [] },
    });
    expect(problem.message).not.toContain("a@b.io");
  });

  it("a refusal carries the fields at fault, a 503 the event id and when to retry", async () => {
    const errors = [{ field: "email", code: "at-sign" }];
    const refused = await setup({ status: 400, body: problemDocument("invalid-email", { errors }) });
    await expect(refused.kith.publishOrder({ email: "nobody" })).rejects.toMatchObject({
      ...{ code: "invalid-email", errors, retryAfterSeconds: undefined },
    });
    const away = await setup({
      ...{ status: 503, headers: { "retry-after": "1" }, body: problemDocument("log-unavailable", { eventId: "e" }) },
    });
    await expect(away.kith.publishOrder({ email: "a@b.io" })).rejects.toMatchObject({
      ...{ code: "log-unavailable", status: 503, eventId: "e", retryAfterSeconds: 1 },
    });
  });

  it("a problem of a code this client does not know is a problem all the same", async () => {
    const { kith } = await setup({ status: 418, body: { code: "teapot", title: "Short and stout", status: 418 } });
    await expect(kith.progress()).rejects.toMatchObject({ name: "KithProblem", code: "teapot", errors: [] });
  });

  it.each([
    ["an error page", 502, "<html>Bad gateway</html>"],
    ["a success that is not JSON", 200, "OK"],
    ["a success of another form", 200, { contact: { primaryContactId: "1" } }],
  ])("%s is an UnexpectedAnswer", async (_, status, body) => {
    const { kith } = await setup({ status, body });
    const error = await kith.contact(1).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(error.status).toBe(status);
  });

  it("no answer in time, and nobody there, are KithUnreachable", async () => {
    const silent = await setup("silence", 50);
    await expect(silent.kith.progress()).rejects.toThrow(KithUnreachable);
    const gone = await setup({ status: 200, body: {} });
    for (const close of closers.splice(0)) await close();
    await expect(gone.kith.progress()).rejects.toThrow(KithUnreachable);
  });

  it("the caller's own signal rejects with its own reason", async () => {
    const { kith, seen } = await setup("silence");
    const controller = new AbortController();
    const reason = new Error("enough");
    const asking = kith.progress({ signal: controller.signal });
    await expect.poll(() => seen.length).toBe(1);
    controller.abort(reason);
    await expect(asking).rejects.toBe(reason);
  });
});
