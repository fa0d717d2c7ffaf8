import type { ActiveIdentityRecord, IdentityResolvedRecord } from "@kith/contracts";
import { advisoryKey, committedChannel, type Database, type IdentityRow } from "@kith/database";
import {
  closeKafka,
  connectKafka,
  createPublisher,
  type KafkaClient,
  type OutgoingRecord,
  type Publisher,
} from "@kith/kafka";
import { buildObservation, type TestDatabase, type TestTopics, testDatabase, testTopics } from "@kith/testkit";
import { readTopic } from "@kith/testkit/system";
import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createFreshIds } from "../reconcile/fresh-ids.ts";
import { createReconcileBatch, type PlacedObservation } from "../reconcile/reconcile-batch.ts";
import { createRecentIdentities, type RecentIdentities } from "./recent-identities.ts";
import { type RelayDependencies, relayOutbox, republishDoubtful, TermLost } from "./relay-outbox.ts";
import { toTerm } from "./run-relay.ts";
import { beginTerm, handOver } from "./sql/relay-term.ts";

const TOPIC_ID = "33333333-3333-8333-8333-333333333333";
const PARTITION = 0;

let database: TestDatabase;
let topics: TestTopics;
let kafka: KafkaClient;
let publisher: Publisher;
let db: Database;
let session: Database;
/** Records of earlier tests, by partition and offset. */
let before = new Set<string>();
beforeAll(async () => {
  [database, topics] = await Promise.all([testDatabase(), testTopics()]);
  kafka = connectKafka({ brokers: topics.brokers, clientId: "relay-test" });
  publisher = createPublisher(kafka, { deadlineMs: 10_000 });
  await publisher.connect();
  db = database.open("admin");
  // One connection, as the leader has.
  session = database.open("writer", 1);
});
afterAll(async () => {
  await publisher.close();
  await closeKafka(kafka);
  await database.drop();
});

let offset = 0;
/** What the batches of this test have created. */
let created: IdentityRow[] = [];
let reconcile: (observations: ReturnType<typeof buildObservation>[]) => Promise<unknown>;
beforeEach(async () => {
  await db.executeQuery(
    CompiledQuery.raw(
      `truncate identity, identifier, link, contact, consumer_offset, outbox, dead_letter restart identity;
       insert into consumer_offset values ('${TOPIC_ID}', ${PARTITION}, 0);
       update relay set cursor = pg_current_snapshot(), in_doubt_since = null, in_doubt_until = null, is_handed_over = true`,
    ),
  );
  offset = 0;
  created = [];
  before = new Set((await readTopic(kafka, topics.names.identityResolved)).map(placeOf));
  const reconcileBatch = createReconcileBatch({
    db: database.open("writer", 2),
    topicId: TOPIC_ID,
    modeKey: advisoryKey(database.schema, "mode"),
    channel: committedChannel(database.schema),
    writerMode: "concurrent",
    freshIds: createFreshIds(),
    restartsMax: 4,
    onCreated: (rows) => created.push(...rows),
  });
  reconcile = async (observations) => {
    const from = offset;
    offset += observations.length;
    const placed: PlacedObservation[] = observations.map((one, at) => ({
      ...one,
      partition: PARTITION,
      offset: from + at,
    }));
    return reconcileBatch({
      ranges: [{ partition: PARTITION, from, to: offset }],
      observations: placed,
      deadLetters: [],
    });
  };
});

async function lead() {
  const term = toTerm((await beginTerm(session, null))[0]!);
  const dependencies = relayTo(publisher);
  return {
    term,
    relay: () => relayOutbox(session, term, dependencies),
    republish: () => republishDoubtful(session, term, dependencies),
    /** Reads a window, and is cut off while its publish hangs. Answers what may still come to be published. */
    async hang() {
      const late: { topic: string; records: Parameters<Publisher["publish"]>[1] }[] = [];
      const hanging: Publisher = {
        ...publisher,
        publish: (topic, records) => {
          late.push({ topic, records });
          return Promise.reject(new Error("no answer"));
        },
      };
      await expect(relayOutbox(session, term, relayTo(hanging))).rejects.toThrow("no answer");
      return late;
    },
  };
}

function relayTo(to: Publisher, recent: RecentIdentities = createRecentIdentities()): RelayDependencies {
  return { db, publisher: to, topics: topics.names, partitions: 6, source: "urn:test", pageMax: 3, recent };
}

const placeOf = (record: { partition: number; offset: number }) => `${record.partition}/${record.offset}`;

/** What this test has published, in no order over identities. */
async function published(): Promise<IdentityResolvedRecord[]> {
  const all = await readTopic(kafka, topics.names.identityResolved);
  const fresh = all.filter((record) => !before.has(placeOf(record)));
  return fresh.map((record) => JSON.parse(record.value!.toString()) as IdentityResolvedRecord);
}

describe("a relay round", () => {
  test("publishes each changed identity once, in its last version, and nothing the second time", async () => {
    const { relay } = await lead();
    await reconcile([buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 })]);
    await reconcile([buildObservation({ email: "b@x.io", phone: "555001", seenAt: 2 })]);
    expect(await relay()).toBe(1);
    expect(await relay()).toBe(0);
    const [record] = await published();
    expect(record).toMatchObject({ status: "active", version: 2, size: 3, mergedFrom: [], truncated: false });
    expect((record as ActiveIdentityRecord).contact).toMatchObject({
      emails: ["a@x.io", "b@x.io"],
      phoneNumbers: ["555001"],
    });
  });

  test("publishes a redirect for the absorbed identity, and names it in the survivor", async () => {
    const { relay } = await lead();
    await reconcile([
      buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 }),
      buildObservation({ email: "b@x.io", phone: "555002", seenAt: 2 }),
    ]);
    await relay();
    await reconcile([buildObservation({ email: "a@x.io", phone: "555002", seenAt: 3 })]);
    expect(await relay()).toBe(2);
    const records = await published();
    const survivor = records.find((record) => record.status === "active" && record.size === 4);
    const absorbed = records.find((record) => record.status === "merged");
    expect(absorbed).toMatchObject({ into: survivor?.identityId });
    expect(survivor).toMatchObject({ mergedFrom: [absorbed?.identityId], size: 4 });
  });

  test("pages a window larger than a page", async () => {
    const { relay } = await lead();
    await reconcile(Array.from({ length: 10 }, (_, i) => buildObservation({ email: `p${i}@x.io`, seenAt: i + 1 })));
    expect(await relay()).toBe(10);
    expect(new Set((await published()).map((record) => record.identityId)).size).toBe(10);
  });

  test("a change whose transaction began first and committed last is not lost", async () => {
    const { relay } = await lead();
    // Draws its outbox number before the other one, and commits after it has been relayed.
    const slow = database.open("writer", 1);
    await slow.connection().execute(async (connection) => {
      await connection.executeQuery(CompiledQuery.raw("begin"));
      await connection.executeQuery(
        CompiledQuery.raw(
          `insert into identity values (900, null, null, 1, now(), 1, 1, '44444444-4444-8444-8444-444444444444');
           insert into outbox (identity_id, version) values (900, 1)`,
        ),
      );
      await reconcile([buildObservation({ email: "fast@x.io", seenAt: 1 })]);
      expect(await relay()).toBe(1);
      await connection.executeQuery(CompiledQuery.raw("commit"));
    });
    expect(await relay()).toBe(1);
    expect((await published()).map((record) => record.identityId)).toContain(900);
  });

  test("of a failed publish nothing is forgotten: the next round repeats it", async () => {
    const { term } = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    const cursor = term.cursor;
    const failing: Publisher = { ...publisher, publish: () => Promise.reject(new Error("no broker")) };
    await expect(relayOutbox(session, term, relayTo(failing))).rejects.toThrow("no broker");
    expect(term.cursor).toBe(cursor);
    expect(await relayOutbox(session, term, relayTo(publisher))).toBe(1);
  });

  test("a relay whose term is over finds out before it publishes", async () => {
    const old = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    await lead();
    await expect(old.relay()).rejects.toThrow(TermLost);
    expect(await published()).toEqual([]);
  });
});

describe("after a leader that was cut off in the middle of its work", () => {
  const versions = async () =>
    (await published()).map((record) => (record.status === "active" ? record.version : `${record.version} merged`));

  test("what it may have published late is published again, so that the newest stands last", async () => {
    const old = await lead();
    await reconcile([buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 })]);
    const late = await old.hang();
    const { relay, republish, term } = await lead();
    expect(term.doubt).toBeDefined();
    await reconcile([buildObservation({ email: "b@x.io", phone: "555001", seenAt: 2 })]);
    expect(await relay()).toBe(1);
    await publisher.publish(late[0]!.topic, late[0]!.records);
    expect(await versions()).toEqual([2, 1]);
    expect(await republish()).toBe(1);
    expect(await versions()).toEqual([2, 1, 2]);
    expect((await lead()).term.doubt).toBeUndefined();
  });

  test("its successor may be cut off as well, at work or at rest: the doubt stays", async () => {
    const first = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    await first.hang();
    const second = await lead();
    await reconcile([buildObservation({ email: "b@x.io", seenAt: 2 })]);
    await second.hang();
    const third = await lead();
    expect(await third.relay()).toBe(2);
    const fourth = await lead();
    expect(await fourth.relay()).toBe(0);
    expect(await fourth.republish()).toBe(2);
  });

  test("only the window that it had begun is published again", async () => {
    const old = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    expect(await old.relay()).toBe(1);
    await reconcile([buildObservation({ email: "b@x.io", seenAt: 2 })]);
    await old.hang();
    await reconcile([buildObservation({ email: "c@x.io", seenAt: 3 })]);
    const { relay, republish } = await lead();
    expect(await relay()).toBe(2);
    expect(await republish()).toBe(1);
  });

  test("nothing is in doubt where all that it had begun is in the log", async () => {
    const { relay } = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    expect(await relay()).toBe(1);
    await reconcile([buildObservation({ email: "b@x.io", seenAt: 2 })]);
    const next = await lead();
    expect(next.term.doubt).toBeUndefined();
    expect(await next.relay()).toBe(1);
  });

  test("all up to now is in doubt after one that notes no windows, as before migration 0006", async () => {
    const old = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    await old.hang();
    await db.executeQuery(CompiledQuery.raw("update relay set window_end = null, window_term = term - 1"));
    await reconcile([buildObservation({ email: "b@x.io", seenAt: 2 })]);
    const { relay, republish } = await lead();
    await reconcile([buildObservation({ email: "c@x.io", seenAt: 3 })]);
    expect(await relay()).toBe(3);
    expect(await republish()).toBe(2);
  });

  test("nothing is in doubt after a leader that ended its work", async () => {
    const { relay, term } = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    expect(await relay()).toBe(1);
    await handOver(session, term.term);
    const next = await lead();
    expect(next.term.doubt).toBeUndefined();
    expect(await next.republish()).toBe(0);
  });
});

describe("what this process has just created", () => {
  /** Relays what has happened since `cursor`, with this memory. Answers the records, and how many were not read. */
  async function relayFrom(cursor: string, recent: RecentIdentities) {
    const { term } = await lead();
    term.cursor = cursor;
    const records: OutgoingRecord[] = [];
    let remembered = 0;
    const keeping: Publisher = {
      ...publisher,
      publish: async (_topic, more) => {
        records.push(...more);
        return [];
      },
    };
    const counting: RecentIdentities = {
      ...recent,
      take(id, version) {
        const row = recent.take(id, version);
        if (row !== undefined) remembered += 1;
        return row;
      },
    };
    await relayOutbox(session, term, relayTo(keeping, counting));
    return { records: records.sort((a, b) => Number(a.key) - Number(b.key)), remembered };
  }

  test("is published without being read, octet for octet as if it had been", async () => {
    const { cursor } = (await lead()).term;
    await reconcile([
      buildObservation({ email: "pair@x.io", phone: "555001", seenAt: 5 }),
      buildObservation({ email: "alone@x.io", seenAt: 4 }),
      buildObservation({ phone: "555002", seenAt: 3 }),
      // One identity of three orders, the oldest of which comes last.
      buildObservation({ email: "chain1@x.io", phone: "555003", seenAt: 9 }),
      buildObservation({ email: "chain2@x.io", phone: "555003", seenAt: 8 }),
      buildObservation({ email: "chain2@x.io", phone: "555004", seenAt: 7 }),
    ]);
    const recent = createRecentIdentities();
    recent.note(created);
    const fromMemory = await relayFrom(cursor, recent);
    const read = await relayFrom(cursor, createRecentIdentities());
    expect([fromMemory.remembered, read.remembered]).toEqual([4, 0]);
    expect(fromMemory.records).toEqual(read.records);
  });

  test("is read if it has changed since", async () => {
    const { cursor } = (await lead()).term;
    await reconcile([buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 })]);
    await reconcile([buildObservation({ email: "b@x.io", phone: "555001", seenAt: 2 })]);
    const recent = createRecentIdentities();
    recent.note(created);
    const { records, remembered } = await relayFrom(cursor, recent);
    expect(remembered).toBe(0);
    expect(records.map((record) => JSON.parse(String(record.value)))).toMatchObject([{ version: 2, size: 3 }]);
  });

  test("is read where a leader before may have published something newer", async () => {
    const old = await lead();
    await reconcile([buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 })]);
    await old.hang();
    await reconcile([buildObservation({ email: "b@x.io", phone: "555001", seenAt: 2 })]);
    const recent = createRecentIdentities();
    recent.note(created);
    const { term } = await lead();
    expect(await republishDoubtful(session, term, relayTo(publisher, recent))).toBe(1);
    expect(await published()).toMatchObject([{ version: 2 }]);
  });

  test("is not what a batch put together from several identities", async () => {
    await reconcile([buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 })]);
    created = [];
    await reconcile([buildObservation({ email: "b@x.io", phone: "555001", seenAt: 2 })]);
    expect(created).toEqual([]);
  });

  test("is told of only when the batch is committed", async () => {
    await db.executeQuery(CompiledQuery.raw("alter table outbox add constraint refuses check (false) not valid"));
    try {
      await expect(reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })])).rejects.toThrow("refuses");
    } finally {
      await db.executeQuery(CompiledQuery.raw("alter table outbox drop constraint refuses"));
    }
    expect(created).toEqual([]);
  });
});
