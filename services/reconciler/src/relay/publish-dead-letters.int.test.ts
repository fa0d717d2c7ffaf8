/** Dead letters of every kind through the table and onto the topic, on real servers. */
import { createHash } from "node:crypto";
import type { Database } from "@kith/database";
import {
  closeKafka,
  connectKafka,
  createPublisher,
  type IncomingRecord,
  type KafkaClient,
  type Publisher,
} from "@kith/kafka";
import { createLogger } from "@kith/service-kit";
import { keptLog, type TestDatabase, type TestTopics, testDatabase, testTopics } from "@kith/testkit";
import { readTopic, rowsOf } from "@kith/testkit/system";
import { afterAll, beforeAll, expect, test } from "vitest";
import { insertDeadLetters } from "../reconcile/sql/insert-dead-letters.ts";
import { describeDeadLetter, HEADERS_BYTES_MAX, KEY_BYTES_MAX, RAW_BYTES_MAX } from "../steps/describe-dead-letter.ts";
import { withSmallerCopies } from "./publish-dead-letters.ts";
import { relayDeadLetters } from "./relay-dead-letters.ts";

const TOPIC_ID = "33333333-3333-8333-8333-333333333333";
const logger = createLogger({ service: "test", level: "debug", destination: keptLog });

let database: TestDatabase;
let topics: TestTopics;
let kafka: KafkaClient;
let publisher: Publisher;
let db: Database;
beforeAll(async () => {
  [database, topics] = await Promise.all([testDatabase(), testTopics()]);
  kafka = connectKafka({ brokers: topics.brokers, clientId: "relay-test" });
  publisher = createPublisher(kafka, { deadlineMs: 20_000 });
  db = database.open("writer", 1);
});
afterAll(async () => {
  await publisher.close();
  await closeKafka(kafka);
  await database.drop();
});

let offset = 0;
const keep = (changes: Partial<IncomingRecord>) =>
  insertDeadLetters(db, {
    topicId: TOPIC_ID,
    rows: [
      describeDeadLetter({ offset: offset++, timestampMs: 1, key: null, value: null, headers: {}, ...changes }, 0, {
        code: "not-json",
        reason: "the value is not JSON",
      }),
    ],
  });

async function relay(deadLetter: string) {
  const published = await relayDeadLetters({
    db,
    publisher: withSmallerCopies(publisher, logger),
    topics: { ...topics.names, deadLetter },
    partitions: 6,
  });
  const left = await rowsOf<{ n: number }>(db, "select count(*) as n from dead_letter where published_at is null");
  return { published, left: left[0]!.n };
}

const text = (value: unknown) => (value === undefined ? undefined : String(value));

test("whatever a record has, its copy on the topic agrees with the table", async () => {
  const headers = Object.create(null);
  for (const name of ["a\0b", "__proto__", 'quote "\\', "ünï", ""]) headers[name] = Buffer.from([0, 255, 1]);
  headers.twice = [Buffer.from("1"), Buffer.from("")];
  await keep({ key: Buffer.from([0, 1]), value: Buffer.from([0, 255, 92, 34]), headers });
  await keep({ headers: { plain: Buffer.from("1") } });
  expect(await relay(topics.names.deadLetter)).toEqual({ published: 2, left: 0 });
  const [full, empty] = await readTopic(kafka, topics.names.deadLetter);
  expect({ key: full?.key, value: full?.value }).toEqual({
    key: Buffer.from([0, 1]),
    value: Buffer.from([0, 255, 92, 34]),
  });
  for (const name of Object.keys(headers)) expect(full?.headers[name], name).toEqual(headers[name]);
  expect({ key: empty?.key, value: empty?.value, plain: text(empty?.headers.plain) }).toEqual({
    key: null,
    value: null,
    plain: "1",
  });
});

test("the largest letter that is kept fits the topic, and says what it lacks", async () => {
  const value = Buffer.alloc(3 * RAW_BYTES_MAX, "order ");
  const many = Array.from({ length: 2 * HEADERS_BYTES_MAX }, () => Buffer.alloc(0));
  await keep({ key: Buffer.alloc(2 * KEY_BYTES_MAX, "k"), value, headers: { h: many } });
  expect(await relay(topics.names.deadLetter)).toEqual({ published: 1, left: 0 });
  const copy = (await readTopic(kafka, topics.names.deadLetter)).at(-1);
  expect(copy?.value?.equals(value.subarray(0, RAW_BYTES_MAX))).toBe(true);
  expect(copy?.key?.length).toBe(KEY_BYTES_MAX);
  expect({
    bytes: text(copy?.headers["kith-value-bytes"]),
    sha256: text(copy?.headers["kith-value-sha256"]),
    keyBytes: text(copy?.headers["kith-key-bytes"]),
    headersBytes: text(copy?.headers["kith-headers-bytes"]),
  }).toEqual({
    bytes: String(value.length),
    sha256: createHash("sha256").update(value).digest("hex"),
    keyBytes: String(2 * KEY_BYTES_MAX),
    headersBytes: String(2 * HEADERS_BYTES_MAX * 11),
  });
  const [row] = await rowsOf<{ raw_bytes: number; sha: string; kept: number }>(
    db,
    `select raw_bytes, encode(raw_sha256, 'hex') as sha, octet_length(raw) as kept from dead_letter order by "offset" desc limit 1`,
  );
  expect(row).toEqual({
    raw_bytes: value.length,
    sha: createHash("sha256").update(value).digest("hex"),
    kept: RAW_BYTES_MAX,
  });
});

test("a topic that takes less than a letter weighs gets what it takes, and is not waited for", async () => {
  // Its limit is 64 KiB lower than that of the dead-letter topic.
  const small = topics.names.orderIdentity;
  const value = Buffer.alloc(RAW_BYTES_MAX, "x");
  await keep({ value: Buffer.from("small"), headers: { own: Buffer.from("1") } });
  await keep({ key: Buffer.from("k"), value, headers: { own: Buffer.from("1") } });
  await keep({ value: Buffer.from("after") });
  expect(await relay(small)).toEqual({ published: 3, left: 0 });
  const copies = await readTopic(kafka, small);
  const large = copies.find((copy) => copy.headers["kith-value-bytes"] !== undefined);
  expect({ ...large?.headers }).toEqual({
    "kith-code": Buffer.from("not-json"),
    "kith-reason": Buffer.from("the value is not JSON"),
    "kith-topic": Buffer.from(topics.names.orderIdentity),
    "kith-partition": Buffer.from("0"),
    "kith-offset": Buffer.from(String(offset - 2)),
    "kith-value-bytes": Buffer.from(String(RAW_BYTES_MAX)),
    "kith-value-sha256": Buffer.from(createHash("sha256").update(value).digest("hex")),
    "kith-key-bytes": Buffer.from("1"),
    "kith-headers-bytes": Buffer.from("14"),
  });
  expect({ key: large?.key, value: large?.value }).toEqual({ key: null, value: null });
  // The others have their content; whether they come once or twice depends on where the large one was in its batch.
  const others = new Set(
    copies.filter((copy) => copy !== large).map((copy) => `${copy.value} ${copy.headers.own ?? ""}`),
  );
  expect(others).toEqual(new Set(["small 1", "after "]));
});

test("large letters are read a few at a time", async () => {
  for (let n = 0; n < 8; n++) await keep({ value: Buffer.alloc(RAW_BYTES_MAX, "y") });
  const rounds = [];
  for (let left = 1; left > 0; ) {
    const round = await relay(topics.names.deadLetter);
    rounds.push(round.published);
    left = round.left;
  }
  expect(rounds).toEqual([4, 4]);
});
