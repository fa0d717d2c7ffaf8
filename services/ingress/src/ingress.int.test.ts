/** The write side over real sockets and a real Kafka. */
import { createServer } from "node:http";
import net, { type AddressInfo } from "node:net";
import {
  createReceipts,
  type OrderIdentityRecord,
  orderIdentityRecord,
  PROBLEM_CODES,
  type ProblemCode,
} from "@kith/contracts";
import {
  closeKafka,
  connectKafka,
  describeTopic,
  ensureTopics,
  followTopic,
  type IncomingRecord,
  partitionOf,
  readClusterId,
} from "@kith/kafka";
import { createLogger, listenHttp, loadConfig } from "@kith/service-kit";
import { keptLog, testTopics } from "@kith/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createApp } from "./app.ts";
import { configSchema } from "./config.ts";

type LogRecord = IncomingRecord & { partition: number };
type Ingress = { url: string; port: number; log: string[]; close(): Promise<void> };

const topics = await testTopics();
const kafka = connectKafka({ brokers: topics.brokers, clientId: "kith-ingress-test" });
const received: LogRecord[] = [];
let follower: { stop(): Promise<void> };
let ingress: Ingress;
let queryPort = 0;

async function startIngress(env: Record<string, string> = {}): Promise<Ingress> {
  const log: string[] = [];
  const config = loadConfig(configSchema, {
    KAFKA_BROKERS: topics.brokers.join(","),
    TOPIC_PREFIX: topics.prefix,
    QUERY_URL: `http://127.0.0.1:${queryPort}`,
    PORT: "0",
    ...env,
  });
  const write = (line: string) => {
    log.push(line);
    keptLog.write(line);
  };
  const logger = createLogger({ service: "ingress", level: "debug", destination: { write } });
  const client = connectKafka({ brokers: config.KAFKA_BROKERS, clientId: "kith-ingress" });
  const app = createApp({ config, kafka: client, logger });
  const url = await listenHttp(app, config);
  const close = async () => {
    await app.close();
    await closeKafka(client);
  };
  return { url, port: Number(new URL(url).port), log, close };
}

const isReady = async ({ url }: Ingress) => (await fetch(`${url}/readyz`)).status === 200;

beforeAll(async () => {
  queryPort = await closedPort();
  follower = await followTopic(kafka, {
    topic: topics.names.orderIdentity,
    fromBeginning: true,
    onRecord: (record) => received.push(record),
  });
  ingress = await startIngress();
  await vi.waitUntil(() => isReady(ingress), { timeout: 60_000 });
});
const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});
afterAll(async () => {
  await ingress?.close();
  await follower?.stop();
  await closeKafka(kafka);
});

/** A port nobody listens on. */
async function closedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
  base = ingress.url,
): Promise<Response> {
  const isText = typeof body === "string";
  return fetch(base + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: isText ? body : JSON.stringify(body),
  });
}

async function recordOf(eventId: string): Promise<LogRecord & { body: OrderIdentityRecord }> {
  const find = () => received.find(({ value }) => value?.includes(JSON.stringify(eventId)));
  await expect.poll(find).toBeDefined();
  const record = find() as LogRecord;
  return { ...record, body: orderIdentityRecord.parse(JSON.parse(String(record.value))) };
}

async function placeOf(receipt: string) {
  return createReceipts(await readClusterId(kafka)).read(receipt);
}

describe("POST /v1/orders", () => {
  it("answers 202 with the place at which the record lies", async () => {
    const order = {
      eventId: "evt-int-1",
      orderId: "<script>'$1;--",
      email: " Lorraine@HillValley.edu ",
      phoneNumber: 123456,
      occurredAt: "1970-01-01T00:00:00Z",
      source: "kassa ⁂",
    };
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const before = Date.now() * 1_000;
    const answer = await post("/v1/orders", order, { traceparent });
    expect(answer.status).toBe(202);
    const body = (await answer.json()) as { eventId: string; receipt: string };
    expect(body).toEqual({ eventId: "evt-int-1", receipt: answer.headers.get("kith-receipt") });
    expect(answer.headers.get("location")).toBe(`http://127.0.0.1:${queryPort}/v1/receipts/${body.receipt}`);

    const record = await recordOf("evt-int-1");
    const topic = await describeTopic(kafka, topics.names.orderIdentity);
    expect(await placeOf(body.receipt)).toEqual({
      topicId: topic?.topicId,
      partition: record.partition,
      offset: record.offset,
    });
    expect(String(record.key)).toBe("lorraine@hillvalley.edu");
    expect(record.partition).toBe(partitionOf("lorraine@hillvalley.edu", topic?.partitions ?? 0));
    const { email, phoneNumber, ...texts } = order;
    expect(record.body).toMatchObject({ ...texts, email: "lorraine@hillvalley.edu", phone: "123456", normVersion: 1 });
    expect(record.body.seenAt).toBeGreaterThanOrEqual(before);
    expect(record.body.seenAt).toBeLessThan(Date.now() * 1_000 + 1_000_000);
    const headers = Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, String(value)]));
    expect(headers).toMatchObject({ ce_id: "evt-int-1", ce_type: "order.identity.v1", traceparent });
  });

  it("takes the Idempotency-Key for the eventId, and makes one where there is none", async () => {
    const keyed = await post("/v1/orders", { email: "a@b.io" }, { "Idempotency-Key": "key-1" });
    expect(((await keyed.json()) as { eventId: string }).eventId).toBe("key-1");
    const made = (await (await post("/v1/orders", { email: "a@b.io" })).json()) as { eventId: string };
    expect(made.eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    await recordOf(made.eventId);
  });

  it("names what it dropped, in the request's words and in the record's", async () => {
    const answer = await post("/v1/orders", {
      eventId: "evt-junk",
      email: "george@hillvalley.edu",
      phoneNumber: "0000000",
    });
    expect(await answer.json()).toMatchObject({ dropped: ["phoneNumber"] });
    expect((await recordOf("evt-junk")).body).toMatchObject({ dropped: ["phone"] });
  });

  it("keeps 500 orders at once apart, each with its own place", async () => {
    const answers = await Promise.all(
      Array.from({ length: 500 }, async (_, n) => {
        const answer = await post("/v1/orders", { eventId: `many-${n}`, phoneNumber: `55${n}0` });
        return { n, status: answer.status, receipt: ((await answer.json()) as { receipt: string }).receipt };
      }),
    );
    expect(new Set(answers.map(({ receipt }) => receipt)).size).toBe(500);
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    for (const { n, receipt } of answers) {
      if (n % 10 !== 0) continue;
      const record = await recordOf(`many-${n}`);
      expect(await placeOf(receipt)).toMatchObject({ partition: record.partition, offset: record.offset });
    }
  });
});

describe("POST /v1/orders/batch", () => {
  const rows = [
    { eventId: "b-0", email: "a@b.io" },
    { email: "nobody" },
    { eventId: "b-2", phoneNumber: "717171", nope: 1 },
    { eventId: "b-3", email: "c@d.io", phoneNumber: "N/A" },
  ];

  it.each([
    ["a JSON array", JSON.stringify(rows), "application/json"],
    ["lines", `\n${rows.map((row) => JSON.stringify(row)).join("\n\n")}\r\n`, "application/x-ndjson"],
  ])("answers each row of %s", async (_what, body, type) => {
    const answer = await post("/v1/orders/batch", body, { "content-type": type });
    expect(answer.status).toBe(200);
    const { accepted, rejected, results } = (await answer.json()) as {
      accepted: number;
      rejected: number;
      results: Record<string, unknown>[];
    };
    expect([accepted, rejected]).toEqual([2, 2]);
    expect(results[0]).toMatchObject({ index: 0, eventId: "b-0", receipt: expect.any(String) });
    expect(results[1]).toMatchObject({
      index: 1,
      problem: { code: "invalid-email", errors: [{ field: "items/1/email" }] },
    });
    expect(results[2]).toMatchObject({
      index: 2,
      problem: { code: "invalid-field", errors: [{ field: "items/2/nope" }] },
    });
    expect(results[3]).toMatchObject({ index: 3, dropped: ["phoneNumber"] });
    await recordOf("b-3");
  });

  it("keeps the order of its rows in their ages", async () => {
    await post(
      "/v1/orders/batch",
      Array.from({ length: 20 }, (_, n) => ({ eventId: `age-${n}-`, email: `age${n}@b.io` })),
    );
    const ages = [];
    for (let n = 0; n < 20; n += 1) ages.push((await recordOf(`age-${n}-`)).body.seenAt);
    expect(ages).toEqual([...new Set(ages)].sort((a, b) => a - b));
  });

  it.each<[string, string, Record<string, string>, ProblemCode]>([
    ["no rows", "[]", {}, "invalid-body"],
    ["an object", "{}", {}, "invalid-body"],
    ["1,001 rows", JSON.stringify(Array(1_001).fill({ email: "a@b.io" })), {}, "too-many-items"],
    ["1,001 lines", '{"email":"a@b.io"}\n'.repeat(1_001), { "content-type": "application/x-ndjson" }, "too-many-items"],
    ["more than 2 MB", `["${"x".repeat(2_097_152)}"]`, {}, "body-too-large"],
    ["an Idempotency-Key", '[{"email":"a@b.io"}]', { "Idempotency-Key": "k" }, "invalid-idempotency-key"],
  ])("refuses %s", async (_what, body, headers, code) => {
    const answer = await post("/v1/orders/batch", body, headers);
    expect([answer.status, await answer.json()]).toMatchObject([PROBLEM_CODES[code].status, { code }]);
  });

  it("takes a broken line for that row's own problem", async () => {
    const answer = await post("/v1/orders/batch", '{"email":"a@b.io"}\n{"email"\n', {
      "content-type": "application/x-ndjson",
    });
    expect(await answer.json()).toMatchObject({
      accepted: 1,
      rejected: 1,
      results: [{}, { index: 1, problem: { code: "malformed-json" } }],
    });
  });
});

describe("POST /api/identify", () => {
  it.each(["/api/identify", "/identify"])(
    "answers 202 with a receipt when the query service is away: %s",
    async (path) => {
      const answer = await post(
        path,
        { email: "doc@hillvalley.edu", eventId: 5, nickname: "doc" },
        { Prefer: "wait=0", "Idempotency-Key": `q-${path}` },
      );
      const body = (await answer.json()) as { eventId: string; receipt: string };
      expect([answer.status, answer.headers.get("preference-applied")]).toEqual([202, "wait=0"]);
      expect(body).toEqual({ eventId: `q-${path}`, receipt: answer.headers.get("kith-receipt") });
      expect(answer.headers.get("location")).toContain(`/v1/receipts/${body.receipt}`);
      await recordOf(`q-${path}`);
    },
  );

  it("answers at once where the client asks for that", async () => {
    const startedAt = Date.now();
    const answer = await post(
      "/api/identify",
      { email: "doc@hillvalley.edu", phoneNumber: "null" },
      { Prefer: "respond-async" },
    );
    expect([answer.status, answer.headers.get("preference-applied")]).toEqual([202, "respond-async"]);
    expect(await answer.json()).toMatchObject({ dropped: ["phoneNumber"] });
    expect(Date.now() - startedAt).toBeLessThan(9_000);
  });

  it("answers 200 with the contact, and nothing else, when the query service answers in time", async () => {
    const contact = { primaryContactId: 7, emails: ["doc@hillvalley.edu"], phoneNumbers: [], secondaryContactIds: [] };
    let asked: { email?: string; phoneNumber?: string; receipt?: string; waitMs?: number }[] = [];
    // Away at first: lookups must outlast a restart of the query service.
    let isAway = true;
    const query = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      if (isAway) {
        response.destroy();
        return;
      }
      asked = JSON.parse(text);
      const identity = { identityId: 1, version: 1, size: 1, truncated: true };
      response.end(`${JSON.stringify({ index: 0, status: 200, contact, identity })}\n`);
    });
    await new Promise<void>((resolve) => query.listen(0, "127.0.0.1", resolve));
    started.push({ close: () => new Promise((resolve) => query.close(() => resolve())) });
    const mine = await startIngress({ QUERY_URL: `http://127.0.0.1:${(query.address() as AddressInfo).port}` });
    started.unshift(mine);
    await expect.poll(() => isReady(mine)).toBe(true);
    const answering = post("/api/identify", { email: "DOC@hillvalley.edu" }, {}, mine.url);
    await expect.poll(() => mine.log.join("")).toContain("did not answer a batch of lookups");
    isAway = false;
    const answer = await answering;
    expect([answer.status, await answer.json()]).toEqual([200, { contact }]);
    expect(answer.headers.get("kith-truncated")).toBe("true");
    expect(asked).toEqual([
      { email: "doc@hillvalley.edu", receipt: answer.headers.get("kith-receipt"), waitMs: expect.any(Number) },
    ]);
  });
});

describe("bad input", () => {
  const deep = `{"email":${"[".repeat(8_000)}${"]".repeat(8_000)}}`;

  it.each<[string, string, Record<string, string>, ProblemCode, ProblemCode]>([
    ["truncated JSON", '{"email":', {}, "malformed-json", "malformed-json"],
    ["an empty body", "", {}, "malformed-json", "malformed-json"],
    ["text/plain", "{}", { "content-type": "text/plain" }, "unsupported-media-type", "unsupported-media-type"],
    ["XML", "<a/>", { "content-type": "application/xml" }, "unsupported-media-type", "unsupported-media-type"],
    ["gzip", "{}", { "content-encoding": "gzip" }, "unsupported-media-type", "unsupported-media-type"],
    ["an array", "[]", {}, "invalid-body", "invalid-body"],
    ["null", "null", {}, "invalid-body", "invalid-body"],
    ["__proto__", '{"email":"a@b.io","x":{"__proto__":1}}', {}, "invalid-body", "invalid-body"],
    ["thousands of levels", deep, {}, "invalid-email", "invalid-email"],
    ["16 KB and one", JSON.stringify({ email: "x".repeat(16_385) }), {}, "body-too-large", "body-too-large"],
    ["no identifier", "{}", {}, "no-identifier", "no-identifier"],
    ["two nulls", '{"email":null,"phoneNumber":null}', {}, "no-identifier", "no-identifier"],
    ["only junk", '{"email":"test@test.com"}', {}, "only-junk", "only-junk"],
    ["no @", '{"email":"ab.io"}', {}, "invalid-email", "invalid-email"],
    ["a NUL", '{"email":"a\\u0000@b.io"}', {}, "invalid-email", "invalid-email"],
    ["a fraction", '{"phoneNumber":3.5}', {}, "invalid-phone", "invalid-phone"],
    ["1e400", '{"phoneNumber":1e400}', {}, "invalid-phone", "invalid-phone"],
    [
      "an empty key",
      '{"email":"a@b.io"}',
      { "Idempotency-Key": "" },
      "invalid-idempotency-key",
      "invalid-idempotency-key",
    ],
    [
      "a key of 256",
      '{"email":"a@b.io"}',
      { "Idempotency-Key": "k".repeat(256) },
      "invalid-idempotency-key",
      "invalid-idempotency-key",
    ],
  ])("refuses %s and publishes nothing", async (_what, body, headers, identifyCode, orderCode) => {
    for (const [path, code] of [
      ["/api/identify", identifyCode],
      ["/identify", identifyCode],
      ["/v1/orders", orderCode],
    ] as const) {
      const answer = await post(path, body, headers);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect([path, answer.status, await answer.json()]).toMatchObject([path, PROBLEM_CODES[code].status, { code }]);
    }
  });

  it("ignores on identify what it refuses on /v1/orders", async () => {
    const body = { email: "a@b.io", seenAt: 1, deep: { deeper: [] } };
    expect((await post("/api/identify", body, { Prefer: "respond-async" })).status).toBe(202);
    const answer = await post("/v1/orders", body);
    expect(await answer.json()).toMatchObject({
      code: "invalid-field",
      errors: [{ field: "seenAt" }, { field: "deep" }],
    });
  });

  it("refuses a key and an eventId that differ", async () => {
    const answer = await post("/v1/orders", { email: "a@b.io", eventId: "a" }, { "Idempotency-Key": "b" });
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: "invalid-idempotency-key" }]);
  });

  it("has published nothing of what it refused, and logged nothing personal", async () => {
    await post("/v1/orders", { eventId: "the-last-one", email: "z@b.io" });
    await recordOf("the-last-one");
    for (const { value } of received) expect(() => orderIdentityRecord.parse(JSON.parse(String(value)))).not.toThrow();
    expect(received.filter(({ value }) => /test@test\.com|ab\.io|proto/.test(String(value)))).toHaveLength(0);
    expect(ingress.log.join("")).not.toMatch(/@|717171|123456/);
  });
});

describe("when the log is away", () => {
  it("starts, says so, answers 503 with the eventId, and takes orders when the topic is there", async () => {
    const prefix = `${topics.prefix}later.`;
    const mine = await startIngress({ TOPIC_PREFIX: prefix });
    started.push(mine);
    expect((await fetch(`${mine.url}/livez`)).status).toBe(200);
    expect(await isReady(mine)).toBe(false);
    const refused = await post("/v1/orders", { email: "a@b.io" }, { "Idempotency-Key": "again" }, mine.url);
    expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toMatchObject([
      503,
      "1",
      { code: "log-unavailable", eventId: "again" },
    ]);
    await ensureTopics(kafka, { prefix });
    await expect.poll(() => isReady(mine)).toBe(true);
    expect((await post("/v1/orders", { email: "a@b.io" }, {}, mine.url)).status).toBe(202);
  });

  it("never answers 2xx without a broker, whatever the route", async () => {
    const mine = await startIngress({ KAFKA_BROKERS: `127.0.0.1:${await closedPort()}` });
    started.push(mine);
    for (const path of ["/v1/orders", "/api/identify", "/identify"]) {
      const answer = await post(path, { email: "a@b.io" }, {}, mine.url);
      expect([answer.status, await answer.json()]).toMatchObject([
        503,
        { code: "log-unavailable", eventId: expect.any(String) },
      ]);
    }
    const batch = await post("/v1/orders/batch", [{ email: "a@b.io" }], {}, mine.url);
    expect([batch.status, await batch.json()]).toMatchObject([503, { code: "log-unavailable" }]);
  });
});

describe("closing", () => {
  it("finishes the orders that are under way", async () => {
    const mine = await startIngress();
    await expect.poll(() => isReady(mine)).toBe(true);
    const waiting = post("/api/identify", { email: "a@b.io" }, { Prefer: "wait=30" }, mine.url);
    const answers = Array.from({ length: 100 }, (_, n) =>
      post("/v1/orders", { eventId: `closing-${n}`, email: "a@b.io" }, {}, mine.url),
    );
    await Promise.race(answers);
    const startedAt = Date.now();
    await mine.close();
    expect(Date.now() - startedAt).toBeLessThan(25_000);
    for (const answer of await Promise.allSettled(answers)) {
      if (answer.status === "fulfilled" && answer.value.status === 202)
        await recordOf(((await answer.value.json()) as { eventId: string }).eventId);
    }
    expect((await waiting).status).toBe(202);
  });
});
