/** The read side on a real Postgres and a real Kafka, asked about a small graph. */
import { createReceipts } from "@kith/contracts";
import type { Database } from "@kith/database";
import { closeKafka, connectKafka, describeTopic, type KafkaClient, readClusterId } from "@kith/kafka";
import { createLogger } from "@kith/service-kit";
import { keptLog, type TestDatabase, type TestTopics, testDatabase, testTopics } from "@kith/testkit";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "./app.ts";
import { configSchema } from "./config.ts";
import { GEORGE, insertSmallGraph, REPLACED_TOPIC_ID, run, uuid } from "./testing/small-graph.ts";

let database: TestDatabase;
let topics: TestTopics;
let kafka: KafkaClient;
let db: Database;
let app: FastifyInstance;
let topicId: string;
let issue: (offset: number, topic?: string) => string;

beforeAll(async () => {
  [database, topics] = await Promise.all([testDatabase(), testTopics()]);
  kafka = connectKafka({ brokers: topics.brokers, clientId: "query-test" });
  db = database.open("admin");
  topicId = (await describeTopic(kafka, topics.names.orderIdentity))!.topicId;
  const clusterId = await readClusterId(kafka);
  await insertSmallGraph(db, { clusterId, topicId });
  const receipts = createReceipts(clusterId);
  issue = (offset, topic = topicId) => receipts.issue({ topicId: topic, partition: 0, offset });

  const config = configSchema.parse({
    DATABASE_URL: database.url,
    DATABASE_SCHEMA: database.schema,
    KAFKA_BROKERS: topics.brokers.join(","),
    TOPIC_PREFIX: topics.prefix,
  });
  app = createApp({ config, kafka, logger: createLogger({ service: "query", level: "debug", destination: keptLog }) });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await closeKafka(kafka);
  await database.drop();
});

const lookup = (body: unknown) => app.inject({ method: "POST", url: "/v1/contacts/lookup", payload: body as object });
const get = (url: string) => app.inject({ method: "GET", url });

describe("lookup by identifier", () => {
  test.each([
    ["an email", { email: "biff@hillvalley.edu" }],
    ["an email in another spelling", { email: " Biff@HillValley.EDU " }],
    ["a phone", { phoneNumber: "919191" }],
    ["a phone as an integer, the email null", { email: null, phoneNumber: 919191 }],
    ["both", { email: "george@hillvalley.edu", phoneNumber: "919-191" }],
  ])("by %s", async (_, body) => {
    const answer = await lookup(body);
    expect([answer.statusCode, answer.json()]).toEqual([200, GEORGE]);
  });

  test("one known and one unknown: the known one's identity, and which is not known", async () => {
    expect((await lookup({ email: "nobody@x.io", phoneNumber: "919191" })).json()).toEqual({
      ...GEORGE,
      unmatched: ["email"],
    });
  });

  test("two people: 409 with both identities", async () => {
    const answer = await lookup({ email: "lorraine@hillvalley.edu", phoneNumber: "919191" });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: "different-identities", identityIds: [2, 1] });
  });

  test.each([
    ["an unknown one", { email: "nobody@x.io" }, 404, "unknown-contact"],
    ["a placeholder", { email: "test@test.com" }, 404, "unknown-contact"],
    ["a pattern is no match", { email: "%@hillvalley.edu" }, 404, "unknown-contact"],
    ["nothing", {}, 400, "no-identifier"],
    ["nulls and blanks", { email: null, phoneNumber: "  " }, 400, "no-identifier"],
    ["a receipt alone", { receipt: "x" }, 400, "no-identifier"],
    ["no email", { email: "george" }, 400, "invalid-email"],
    ["a phone with letters", { phoneNumber: "1-800-FLOWERS" }, 400, "invalid-phone"],
    ["an unknown field", { email: "a@x.io", seenAt: 1 }, 400, "invalid-field"],
    ["a wait that is a text", { email: "a@x.io", waitMs: "5" }, 400, "invalid-field"],
    ["an array", [], 400, "invalid-body"],
  ])("%s", async (_, body, status, code) => {
    const answer = await lookup(body);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
  });

  test("of a large identity 256 identifiers are shown, those sent among them", async () => {
    const { contact, identity } = (await lookup({ email: "big298@x.io", phoneNumber: "7000299" })).json();
    expect(identity).toEqual({ identityId: 3, version: 3, size: 300, truncated: true });
    expect(contact.emails.length + contact.phoneNumbers.length).toBe(256);
    expect(contact.secondaryContactIds).toHaveLength(256);
    expect(contact.primaryContactId).toBe(1_000);
    expect(contact.emails).toContain("big298@x.io");
    expect(contact.phoneNumbers).toContain("7000299");
    expect(contact.emails[0]).toBe("big0@x.io");
  });

  test("by query string, and an unescaped plus is explained", async () => {
    expect((await get("/v1/contacts?phoneNumber=%2B14155550100")).json().identity.identityId).toBe(2);
    const answer = await get("/v1/contacts?phoneNumber=+14155550100");
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid-phone"]);
    expect(answer.json().detail).toContain("%2B");
    expect((await get("/v1/contacts")).json().code).toBe("no-identifier");
  });
});

describe("lookup with a receipt", () => {
  const body = (receipt: string, waitMs?: number) => ({
    email: "george@hillvalley.edu",
    receipt,
    ...(waitMs === undefined ? {} : { waitMs }),
  });

  test("settled: the answer", async () => {
    expect((await lookup(body(issue(9)))).json()).toEqual(GEORGE);
  });

  test("not settled: pending, at once or after the wait", async () => {
    expect([(await lookup(body(issue(10)))).statusCode, (await lookup(body(issue(10), 30))).json()]).toEqual([
      202,
      { status: "pending" },
    ]);
  });

  test("settled while waiting: the answer as soon as the commit is announced", async () => {
    const answer = lookup(body(issue(11), 20_000));
    await run(db, "update consumer_offset set next_offset = 12 where topic_id = $1", [topicId]);
    await run(db, `select pg_notify('kith_committed_${database.schema}', '')`);
    expect((await answer).statusCode).toBe(200);
  });

  test.each([
    ["garbage", () => "garbage", 400, "invalid-receipt"],
    ["one that was tampered with", () => `${issue(3).slice(0, 40)}AAAA${issue(3).slice(44)}`, 400, "invalid-receipt"],
    ["one of another topic", () => issue(3, uuid(5)), 409, "receipt-elsewhere"],
    ["one of a topic that was replaced", () => issue(3, REPLACED_TOPIC_ID), 410, "receipt-expired"],
  ])("%s", async (_, receipt, status, code) => {
    const answer = await lookup(body(receipt()));
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    const direct = await get(`/v1/receipts/${receipt()}`);
    expect([direct.statusCode, direct.json().code]).toEqual([status, code]);
  });

  test("what has become of it", async () => {
    expect((await get(`/v1/receipts/${issue(3)}`)).json()).toEqual({ status: "applied" });
    expect((await get(`/v1/receipts/${issue(4)}`)).json()).toEqual({ status: "dead-letter", code: "junk" });
    expect((await get(`/v1/receipts/${issue(500)}?waitMs=20`)).json()).toEqual({ status: "pending" });
    expect((await get(`/v1/receipts/${issue(3)}?waitMs=soon`)).statusCode).toBe(400);
  });
});

describe("by id", () => {
  test.each([
    ["the primary", 100],
    ["a secondary", 102],
    ["a superseded contact", 150],
  ])("%s resolves to the living identity", async (_, id) => {
    expect((await get(`/v1/contacts/${id}`)).json()).toEqual(GEORGE);
  });

  test("an identity, and one that was absorbed over two steps", async () => {
    expect((await get("/v1/identities/1")).json()).toEqual(GEORGE);
    expect((await get("/v1/identities/8")).json()).toEqual({
      ...GEORGE,
      identity: { ...GEORGE.identity, mergedFrom: [8] },
    });
  });

  test.each(["0", "-1", "01", "1.5", "9007199254740992", "9223372036854775808", "1e400", "1;drop", "abc"])(
    "%s is no id",
    async (id) => {
      for (const url of [`/v1/contacts/${encodeURIComponent(id)}`, `/v1/identities/${encodeURIComponent(id)}`]) {
        const answer = await get(url);
        expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid-id"]);
      }
    },
  );

  test("unknown ids, overlong ones, and a route that is not an id", async () => {
    expect((await get("/v1/contacts/9007199254740991")).json().code).toBe("unknown-contact");
    expect((await get("/v1/identities/9007199254740991")).json().code).toBe("unknown-identity");
    expect((await get(`/v1/contacts/${"1".repeat(101)}`)).statusCode).toBe(414);
    const answer = await get("/v1/contacts/lookup");
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, "POST"]);
  });
});

describe("batch lookup", () => {
  const ITEMS = [
    { email: "george@hillvalley.edu" },
    { email: "no at sign" },
    { email: "nobody@x.io" },
    { phoneNumber: "919191", receipt: "" },
  ];
  const post = (payload: unknown, accept?: string) =>
    app.inject({
      method: "POST",
      url: "/v1/contacts/lookup/batch",
      payload: payload as object,
      headers: accept === undefined ? {} : { accept },
    });

  test("answers item by item, whatever is wrong with the others", async () => {
    const { results } = (await post(ITEMS)).json();
    expect(results.map((one: { index: number; status: number }) => [one.index, one.status])).toEqual([
      [0, 200],
      [1, 400],
      [2, 404],
      [3, 400],
    ]);
    expect(results[0]).toEqual({ index: 0, status: 200, ...GEORGE });
    expect(results[1].problem.errors).toMatchObject([{ field: "items/1/email" }]);
  });

  test("each item gets what it asked for, whether with one identifier or two, and where others name the same", async () => {
    const george = { email: "george@hillvalley.edu", phoneNumber: "919191" };
    const asked = [george, { email: "nobody@x.io" }, { email: george.email }, george, { email: "biff@hillvalley.edu" }];
    const { results } = (await post(asked)).json();
    const biff = (await post([{ email: "biff@hillvalley.edu" }])).json().results[0];
    const ok = { status: 200, ...GEORGE };
    expect(results[1].status).toBe(404);
    expect([results[0], results[2], results[3]]).toEqual([0, 2, 3].map((index) => ({ index, ...ok })));
    expect(biff.contact.emails).toContain("biff@hillvalley.edu");
    expect(results[4]).toEqual({ ...biff, index: 4 });
  });

  test("as lines, each as soon as it is settled", async () => {
    const answer = await post(
      [{ email: "george@hillvalley.edu", receipt: issue(400), waitMs: 2_000 }, { email: "biff@hillvalley.edu" }],
      "application/x-ndjson",
    );
    const lines = answer.body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => [line.index, line.status])).toEqual([
      [1, 200],
      [0, 202],
    ]);
  });

  test.each([
    ["an object", {}, 400, "invalid-body"],
    ["nothing", [], 400, "invalid-body"],
    ["1,001 items", Array.from({ length: 1_001 }, () => ({})), 413, "too-many-items"],
  ])("%s is refused", async (_, payload, status, code) => {
    const answer = await post(payload);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });
});

test("progress: offsets beside the log's ends, dead letters by code", async () => {
  const progress = (await get("/v1/progress")).json();
  expect(progress).toMatchObject({ topic: topics.names.orderIdentity, relayAgeMs: 0, deadLetters: { junk: 1 } });
  expect(progress.partitions).toHaveLength(6);
  expect(progress.partitions[1]).toEqual({ partition: 1, nextOffset: 0, logEnd: 0, lag: 0 });
});

test("/readyz asks the database", async () => {
  expect((await get("/readyz")).json()).toEqual({ status: "ok", checks: { database: "ok" } });
});
