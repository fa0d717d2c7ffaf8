/** `kith verify` as it is run: its lines, its exit codes, and each rule of the published topic broken by hand. */
import type { IdentityResolvedRecord } from "@kith/contracts";
import type { Database } from "@kith/database";
import { closeKafka, connectKafka, createPublisher, type KafkaClient, partitionOf } from "@kith/kafka";
import { type TestDatabase, testDatabase, testTopics } from "@kith/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../exit-codes.ts";
import { runKith } from "../testing/run-kith.ts";
import { rowsOf } from "../verify/rows-of.ts";
import { insertSmallGraph, RESOLVED_AT } from "../verify/testing/small-graph.ts";

let database: TestDatabase;
let db: Database;
let kafka: KafkaClient;
let brokers: readonly string[];

beforeAll(async () => {
  database = await testDatabase();
  db = database.open();
  await insertSmallGraph(db);
  const topics = await testTopics();
  brokers = topics.brokers;
  kafka = connectKafka({ brokers, clientId: "kith-test" });
});
afterAll(async () => {
  await closeKafka(kafka);
  await database.drop();
});

const run = (words: string[], prefix = "") =>
  runKith(words, { DATABASE_URL: database.url, KAFKA_BROKERS: brokers.join(","), TOPIC_PREFIX: prefix });

describe("kith verify", () => {
  it("prints a line per invariant and the digest, and tells on standard error how it goes", async () => {
    const { exitCode, printed, warned } = await run(["verify"]);
    expect(printed).toEqual([
      ...["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10"].map((rule) => `${rule} ok`),
      expect.stringMatching(/^D1 [0-9a-f]{32}$/),
    ]);
    expect(exitCode).toBe(EXIT.done);
    expect(warned.join("\n")).toContain("I4: both ends of a link");
  });

  it("fails with an exit code of its own where something is wrong, without naming a person", async () => {
    await rowsOf(db, "update identity set size = 7 where id = 3");
    try {
      const { exitCode, printed, warned } = await run(["verify"]);
      expect(printed).toContain("I2 1 wrong, e.g. identity 3");
      expect(exitCode).toBe(EXIT.wrong);
      expect(warned.at(-1)).toBe("kith: not as it must be: I2");

      const json = await run(["verify", "--json"]);
      expect(json.exitCode).toBe(EXIT.wrong);
      expect(json.printed).toHaveLength(1);
      const report = JSON.parse(json.printed[0]!);
      expect(report).toMatchObject({ ok: false, digest: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect(report.findings).toContainEqual({
        rule: "I2",
        about: expect.any(String),
        wrong: 1,
        example: "identity 3",
      });
      expect([...printed, ...warned, ...json.printed].join("\n")).not.toMatch(/@x\.io|100001/);
    } finally {
      await rowsOf(db, "update identity set size = 1 where id = 3");
    }
  });
});

const DOC = { primaryContactId: 1, emails: ["doc@x.io"], phoneNumbers: ["100001"], secondaryContactIds: [] };
const active = (identityId: number, version: number, contact: typeof DOC | object, more: object = {}) =>
  ({
    ...{ v: 1, identityId, version, status: "active", contact, size: 2, truncated: false, mergedFrom: [] },
    ...{ resolvedAt: RESOLVED_AT, ...more },
  }) as IdentityResolvedRecord;

/** What the small graph must have been published as. */
const FIRST = active(1, 1, DOC);
const WHOLE = active(
  1,
  3,
  { ...DOC, emails: ["doc@x.io", "emmett@x.io", "brown@x.io"], secondaryContactIds: [2, 3] },
  { size: 4, mergedFrom: [2] },
);
const ABSORBED = active(
  2,
  1,
  { primaryContactId: 3, emails: ["brown@x.io"], phoneNumbers: [], secondaryContactIds: [] },
  { size: 1 },
);
const REDIRECT: IdentityResolvedRecord = {
  v: 1,
  identityId: 2,
  version: 2,
  status: "merged",
  into: 1,
  resolvedAt: RESOLVED_AT,
};
const OTHER = active(
  3,
  1,
  { primaryContactId: 4, emails: ["biff@x.io"], phoneNumbers: [], secondaryContactIds: [] },
  { size: 1 },
);
const GOOD = [FIRST, ABSORBED, REDIRECT, WHOLE, OTHER];

type Published = IdentityResolvedRecord | { key: string; value: string | null };

/** Publishes to a topic of its own, tells the database that all is relayed, and verifies. */
async function verifyPublished(records: readonly Published[]) {
  const topics = await testTopics(brokers);
  const publisher = createPublisher(kafka, { deadlineMs: 10_000 });
  await publisher.publish(
    topics.names.identityResolved,
    records.map((record) => {
      const { key, value } =
        "key" in record ? record : { key: String(record.identityId), value: JSON.stringify(record) };
      return { key, value, partition: partitionOf(key, 6) };
    }),
  );
  await publisher.close();
  await rowsOf(db, "update relay set cursor = pg_current_snapshot()");
  const { exitCode, printed } = await run(["verify", "--resolved"], topics.prefix);
  return { exitCode, wrong: printed.filter((line) => line.includes("wrong")), last: printed.at(-1) };
}

// Each on topics of its own, so side by side.
describe.concurrent("kith verify --resolved", () => {
  it("finds nothing where all is well, and counts exact repeats apart", async () => {
    const { exitCode, wrong, last } = await verifyPublished([...GOOD, OTHER, REDIRECT, OTHER]);
    expect(wrong).toEqual([]);
    expect(exitCode).toBe(EXIT.done);
    expect(last).toBe("8 records, 3 exact repeats, 0 identities pending");
  });

  it.each<{ line: string; because: string; records: Published[] }>([
    {
      line: "R1 1 wrong, e.g. identity 1",
      because: "a version comes after a later one",
      records: [...GOOD, active(1, 2, DOC), WHOLE],
    },
    {
      line: "R1 1 wrong, e.g. identity 3",
      because: "a version comes again with another text",
      records: [...GOOD, { ...OTHER, resolvedAt: "2026-11-02T09:00:00.001Z" }, OTHER],
    },
    {
      line: "R2 1 wrong, e.g. identity 3",
      because: "a version is not yet in the database",
      records: [...GOOD, { ...OTHER, version: 2 }, OTHER],
    },
    {
      line: "R2 1 wrong, e.g. identity 4",
      because: "the database has no such identity",
      records: [...GOOD, { ...REDIRECT, identityId: 4 }],
    },
    {
      line: "R3 1 wrong, e.g. identity 1",
      because: "the last record is an old one",
      records: [...GOOD, FIRST],
    },
    {
      line: "R3 1 wrong, e.g. identity 3",
      because: "an identity was never published",
      records: [FIRST, ABSORBED, REDIRECT, WHOLE],
    },
    {
      line: "R3 1 wrong, e.g. identity 1",
      because: "the last record says something else",
      records: [FIRST, ABSORBED, REDIRECT, { ...WHOLE, mergedFrom: [] } as IdentityResolvedRecord, OTHER],
    },
    {
      line: "R4 1 wrong, e.g. identity 2",
      because: "a merged identity has no redirect",
      records: [FIRST, ABSORBED, WHOLE, OTHER],
    },
    {
      line: "R4 1 wrong, e.g. identity 2",
      because: "a redirect leads elsewhere",
      records: [FIRST, ABSORBED, { ...REDIRECT, into: 3 } as IdentityResolvedRecord, WHOLE, OTHER],
    },
    {
      line: "R5 1 wrong, e.g. identity 1",
      because: "a record has the email of one identity and the contact of another",
      records: [active(1, 1, { ...DOC, emails: ["doc@x.io", "biff@x.io"] }), ABSORBED, REDIRECT, WHOLE, OTHER],
    },
    {
      line: "R5 1 wrong, e.g. identity 2",
      because: "a record is about another identity than its identifiers",
      records: [FIRST, { ...OTHER, identityId: 2 }, REDIRECT, WHOLE, OTHER],
    },
    {
      line: "R6 1 wrong, e.g. identity 3",
      because: "an identity that exists was erased",
      records: [...GOOD, { key: "3", value: null }, OTHER],
    },
    {
      line: "R7 3 wrong, e.g. record 5/1",
      because: "records are not Kith's, or under another's key",
      records: [
        ...GOOD,
        { key: "3", value: "{" },
        { key: "3", value: JSON.stringify({ ...OTHER, status: "lost" }) },
        { key: "3", value: JSON.stringify(WHOLE) },
      ],
    },
  ])("reports $line where $because", async ({ line, records }) => {
    const { exitCode, wrong } = await verifyPublished(records);
    expect(wrong).toEqual([line]);
    expect(exitCode).toBe(EXIT.wrong);
  });
});

describe("kith verify --resolved while changes are on their way", () => {
  it("says nothing of the last record of an identity that is about to be published", async () => {
    const topics = await testTopics(brokers);
    const publisher = createPublisher(kafka, { deadlineMs: 10_000 });
    await publisher.publish(
      topics.names.identityResolved,
      GOOD.slice(0, 4).map((record) => ({
        key: String(record.identityId),
        value: JSON.stringify(record),
        partition: partitionOf(String(record.identityId), 6),
      })),
    );
    await publisher.close();
    await rowsOf(db, "update relay set cursor = pg_current_snapshot()");
    await rowsOf(db, "delete from outbox where identity_id = 3");
    await rowsOf(db, `insert into outbox (identity_id, version, at) values (3, 1, '${RESOLVED_AT}')`);
    const { exitCode, printed } = await run(["verify", "--resolved"], topics.prefix);
    expect(printed.at(-1)).toBe("4 records, 0 exact repeats, 1 identities pending");
    expect(exitCode).toBe(EXIT.done);
  });
});
