/**
 * Anything at all on `order.identity`: each record that can never be applied becomes a dead letter with its exact code,
 * kept as it was; the offset advances, and the good records around it are applied.
 */
import { DEAD_LETTER_HEADERS, type DeadLetterCode, observationId, TOPIC_PARTITIONS } from "@kith/contracts";
import { createPublisher, type LogPlace } from "@kith/kafka";
import { ask, checkAgainstOracle, type PlacedRecord, readTopic, rowsOf, until, useSystem } from "@kith/testkit/system";
import { beforeAll, describe, expect, test } from "vitest";

const world = useSystem();

type Headers = Record<string, string | Buffer>;
type Given = { name: string; value: Buffer | string | null; key?: Buffer | string | null; headers?: Headers };
type Bad = Given & { code: DeadLetterCode };

/** A good observation, with fields changed. `undefined` leaves a field out. */
function record(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({ v: 1, eventId: "evt", email: "good@x.io", seenAt: 1, normVersion: 1, ...changes });
}

const HOUR_US = 3_600_000_000;
const nowUs = Date.now() * 1_000;

const bad: Bad[] = [
  { code: "not-json", name: "null", value: null, key: "somebody@x.io" },
  { code: "not-json", name: "null, without a key", value: null, key: null },
  { code: "not-json", name: "empty", value: "" },
  { code: "not-json", name: "spaces", value: "   " },
  { code: "not-json", name: "random bytes", value: Buffer.from("00ff80c0c1fe9d1b7a", "hex") },
  { code: "not-json", name: "a kilobyte of zeros", value: Buffer.alloc(1_024) },
  { code: "not-json", name: "text", value: "an order, honestly" },
  { code: "not-json", name: "cut off", value: record().slice(0, -1) },
  { code: "not-json", name: "two objects", value: record() + record() },
  { code: "not-json", name: "an array", value: `[${record()}]` },
  { code: "not-json", name: "a string", value: '"evt"' },
  { code: "not-json", name: "a number", value: "1" },
  { code: "not-json", name: "JSON's null", value: "null" },
  { code: "not-json", name: "10,000 arrays deep", value: "[".repeat(10_000) },
  { code: "not-json", name: "UTF-16", value: Buffer.from(record(), "utf16le") },

  { code: "unknown-version", name: "v 2", value: record({ v: 2 }) },
  { code: "unknown-version", name: "v 0 and nothing else", value: '{"v":0}' },

  { code: "schema", name: "an empty object", value: "{}" },
  { code: "schema", name: "no v", value: record({ v: undefined }) },
  { code: "schema", name: "v as text", value: record({ v: "1" }) },
  { code: "schema", name: "no eventId", value: record({ eventId: undefined }) },
  { code: "schema", name: "an empty eventId", value: record({ eventId: "" }) },
  { code: "schema", name: "eventId as number", value: record({ eventId: 7 }) },
  { code: "schema", name: "email as number", value: record({ email: 7 }) },
  { code: "schema", name: "email as object", value: record({ email: { toString: "x" } }) },
  { code: "schema", name: "phone as number", value: record({ phone: 123_456 }) },
  { code: "schema", name: "orderId null", value: record({ orderId: null }) },
  { code: "schema", name: "no normVersion", value: record({ normVersion: undefined }) },
  { code: "schema", name: "normVersion as fraction", value: record({ normVersion: 1.5 }) },
  { code: "schema", name: "dropped names no field", value: record({ dropped: ["colour"] }) },

  { code: "no-identifier", name: "neither email nor phone", value: record({ email: undefined }) },

  { code: "text", name: "NUL in the email", value: record({ email: "a\0b@x.io" }) },
  { code: "text", name: "NUL in the eventId", value: record({ eventId: "evt\0" }) },
  { code: "text", name: "a lone surrogate", value: record({ orderId: "\ud800" }) },
  { code: "text", name: "a lone low surrogate in the email", value: record({ email: "\udfff@x.io" }) },
  {
    code: "text",
    name: "invalid UTF-8 in a string",
    value: Buffer.concat([Buffer.from('{"v":1,"eventId":"'), Buffer.from([0xff]), Buffer.from(record().slice(18))]),
  },

  { code: "too-long", name: "an email of 255 octets", value: record({ email: `${"a".repeat(250)}@x.io` }) },
  { code: "too-long", name: "an email of 100 KB", value: record({ email: `${"a".repeat(100_000)}@x.io` }) },
  { code: "too-long", name: "an email of 900 KB", value: record({ email: `${"a".repeat(900_000)}@x.io` }) },
  { code: "too-long", name: "an eventId of 256 octets", value: record({ eventId: "é".repeat(128) }) },
  { code: "too-long", name: "an orderId of 256 octets", value: record({ orderId: "o".repeat(256) }) },
  { code: "too-long", name: "a phone of 40 digits", value: record({ phone: "1".repeat(40) }) },

  { code: "not-canonical", name: "upper case", value: record({ email: "A@X.IO" }) },
  { code: "not-canonical", name: "spaces around", value: record({ email: " a@x.io" }) },
  { code: "not-canonical", name: "no at sign", value: record({ email: "a.x.io" }) },
  { code: "not-canonical", name: "an empty email", value: record({ email: "" }) },
  { code: "not-canonical", name: "a domain that is not ASCII", value: record({ email: "a@ü.de" }) },
  { code: "not-canonical", name: "a Kelvin sign", value: record({ email: "\u212a@x.io" }) },
  { code: "not-canonical", name: "a phone with punctuation", value: record({ phone: "+1 415 555 0100" }) },
  { code: "not-canonical", name: "a phone with a space in front", value: record({ phone: " +14155550100" }) },
  { code: "not-canonical", name: "two digits", value: record({ phone: "12" }) },
  { code: "not-canonical", name: "Arabic digits", value: record({ phone: "١٢٣٤٥٦" }) },
  { code: "not-canonical", name: "a good email beside a bad phone", value: record({ phone: "call me" }) },

  { code: "junk", name: "a junk email", value: record({ email: "test@test.com" }) },
  { code: "junk", name: "a junk phone beside a good email", value: record({ phone: "1234567890" }) },

  { code: "seen-at", name: "no seenAt", value: record({ seenAt: undefined }) },
  { code: "seen-at", name: "seenAt null", value: record({ seenAt: null }) },
  { code: "seen-at", name: "negative", value: record({ seenAt: -1 }) },
  { code: "seen-at", name: "a fraction", value: record({ seenAt: 1.5 }) },
  { code: "seen-at", name: "2^53", value: record({ seenAt: 2 ** 53 }) },
  { code: "seen-at", name: "as text", value: record({ seenAt: "1" }) },
  { code: "seen-at", name: "two hours ahead of the record", value: record({ seenAt: nowUs + 2 * HOUR_US }) },
];

const good: Given[] = [
  { name: "only what is needed", value: record({ eventId: "g1", email: "g1@x.io" }), key: "g1@x.io" },
  { name: "without a key", value: record({ eventId: "g2", phone: "700002", email: undefined }), key: null },
  { name: "with somebody else's key", value: record({ eventId: "g3", email: "g3@x.io" }), key: "else@x.io" },
  { name: "with a key of bytes", value: record({ eventId: "g4", email: "g4@x.io" }), key: Buffer.from([0, 255, 128]) },
  {
    name: "with fields of tomorrow",
    value: record({ eventId: "g5", email: "g5@x.io", colour: ["red"], __proto__: 1 }),
  },
  { name: "of another norm version", value: record({ eventId: "g6", email: "g6@x.io", normVersion: 999 }) },
  { name: "of 1970", value: record({ eventId: "g7", email: "g7@x.io", seenAt: 0 }) },
  { name: "half an hour ahead", value: record({ eventId: "g8", email: "g8@x.io", seenAt: nowUs + HOUR_US / 2 }) },
  { name: "with an astral orderId", value: record({ eventId: "g9", email: "g9@x.io", orderId: "𝔬𝔯𝔡𝔢𝔯 'x'; --" }) },
  { name: "of nearly a megabyte", value: record({ eventId: "g10", email: "g10@x.io", padding: "x".repeat(950_000) }) },
  {
    name: "with a field 10,000 deep",
    value: `${record({ eventId: "g11", email: "g11@x.io" }).slice(0, -1)},"deep":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
  },
  { name: "indented", value: JSON.stringify(JSON.parse(record({ eventId: "g12", email: "g12@x.io" })), undefined, 2) },
  { name: "the same again", value: record({ eventId: "g1", email: "g1@x.io" }), key: "g1@x.io" },
  { name: "the same event with another body", value: record({ eventId: "g1", email: "g1b@x.io" }) },
  { name: "joining two", value: record({ eventId: "g13", email: "g1@x.io", phone: "700002", seenAt: 5 }) },
];

const headers: Headers = { "x-trace": "t-1", "x-bytes": Buffer.from([0, 1, 254, 255]), "x-empty": "" };
const places = new Map<Given, LogPlace>();

beforeAll(async () => {
  const { kafka, topics } = world;
  const publisher = createPublisher(kafka, { deadlineMs: 20_000 });
  // Bad and good in turn, over all partitions, so that each partition has both around each other.
  const all: Given[] = bad.flatMap((one, index) => (index < good.length ? [one, good[index] as Given] : [one]));
  for (const [index, given] of all.entries()) {
    const { value, key = "k" } = given;
    const outgoing = { key, value, headers: given.headers ?? headers, partition: index % TOPIC_PARTITIONS };
    // One by one: a batch of them would be larger than the topic takes.
    const [place] = await publisher.publish(topics.names.orderIdentity, [outgoing]);
    places.set(given, place as LogPlace);
  }
  await publisher.close();
  await world.system.untilSettled();
});

type DeadLetterRow = {
  code: string;
  reason: string;
  key: Buffer | null;
  raw: Buffer | null;
  headers: [string, string][];
  published_at: Date | null;
};

describe("a record that can never be applied", () => {
  let published: PlacedRecord[];
  const placeOf = (given: Given) => places.get(given) as LogPlace;

  beforeAll(async () => {
    const { db, kafka, topics } = world;
    await until("all dead letters are published", async () => {
      const rows = await rowsOf<{ n: number }>(db, "select count(*) as n from dead_letter where published_at is null");
      return rows[0]?.n === 0;
    });
    published = await readTopic(kafka, topics.names.deadLetter);
  });

  test.each(bad)("is kept in the table with its code: $code, $name", async (given) => {
    const { partition, offset } = placeOf(given);
    const rows = await rowsOf<DeadLetterRow>(
      world.db,
      `select code, reason, key, raw, headers, published_at from dead_letter where partition = $1 and "offset" = $2`,
      [partition, offset],
    );
    expect(rows).toHaveLength(1);
    const [row] = rows;
    expect(row?.code).toBe(given.code);
    expect(row?.reason).not.toBe("");
    expect(row?.key).toEqual(bytes(given.key === undefined ? "k" : given.key));
    expect(row?.raw === null ? null : row?.raw.equals(bytes(given.value) ?? Buffer.alloc(0))).toBe(
      given.value === null ? null : true,
    );
    const kept = Object.fromEntries(row?.headers.map(([name, value]) => [name, Buffer.from(value, "base64")]) ?? []);
    expect(kept).toEqual(bytesOfHeaders(headers));
  });

  test.each(bad)("is published with where it lay: $code, $name", (given) => {
    const { partition, offset } = placeOf(given);
    const copies = published.filter(
      (one) =>
        String(one.headers[DEAD_LETTER_HEADERS.partition]) === String(partition) &&
        String(one.headers[DEAD_LETTER_HEADERS.offset]) === String(offset),
    );
    expect(copies).toHaveLength(1);
    const copy = copies[0] as PlacedRecord;
    expect(copy.key).toEqual(bytes(given.key === undefined ? "k" : given.key));
    // An empty value is not the same as none.
    expect(copy.value === null).toBe(given.value === null);
    if (given.value !== null) expect(copy.value?.equals(bytes(given.value) as Buffer)).toBe(true);
    const { [DEAD_LETTER_HEADERS.reason]: reason, ...rest } = copy.headers;
    expect(String(reason)).not.toBe("");
    expect(bytesOfHeaders(rest as Headers)).toEqual({
      ...bytesOfHeaders(headers),
      [DEAD_LETTER_HEADERS.code]: Buffer.from(given.code),
      [DEAD_LETTER_HEADERS.topic]: Buffer.from(world.topics.names.orderIdentity),
      [DEAD_LETTER_HEADERS.partition]: Buffer.from(String(partition)),
      [DEAD_LETTER_HEADERS.offset]: Buffer.from(String(offset)),
    });
  });

  test("there are no others", async () => {
    expect(published).toHaveLength(bad.length);
    const { body } = await ask<{ lag: number; deadLetters: Record<string, number> }>(
      `${world.system.queryUrl}/v1/progress`,
    );
    const expected: Record<string, number> = {};
    for (const { code } of bad) expected[code] = (expected[code] ?? 0) + 1;
    expect(body).toMatchObject({ lag: 0, deadLetters: expected });
  });
});

describe("the good records around them", () => {
  test.each(good)("are applied: $name", async (given) => {
    const { eventId, email, phone } = JSON.parse(String(given.value)) as Record<string, string | undefined>;
    const { status } = await ask(`${world.system.queryUrl}/v1/contacts/lookup`, {
      body: { email, phoneNumber: phone },
    });
    expect(status).toBe(200);
    const rows = await rowsOf(world.db, "select 1 from contact where obs_id = $1", [
      observationId(eventId as string, email, phone),
    ]);
    // The one that joins two identities brings no identifier of its own.
    expect(rows).toHaveLength(given.name === "joining two" ? 0 : 1);
  });

  test("and come to what the oracle says", async () => {
    const isGood = new Set(good.map((given) => `${places.get(given)?.partition}/${places.get(given)?.offset}`));
    const { faults, compared } = await checkAgainstOracle(world, (one) => isGood.has(`${one.partition}/${one.offset}`));
    expect(faults).toEqual([]);
    expect(compared.observations).toBe(good.length);
  });
});

test("the reconciler lives on, and its log tells no value", async () => {
  const { ingressUrl, logs, reconcilers } = world.system;
  const { status } = await ask(`${ingressUrl}/api/identify`, { body: { email: "afterwards@x.io" } });
  expect(status).toBe(200);
  expect(reconcilers[0]?.pid()).toBeDefined();
  for (const value of ["@x.io", "700002", "test@test.com", "555 0100"]) expect(logs()).not.toContain(value);
});

function bytes(value: Buffer | string | null): Buffer | null {
  return value === null ? null : Buffer.from(value);
}

function bytesOfHeaders(given: Record<string, string | Buffer>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Buffer.from(value)]));
}
