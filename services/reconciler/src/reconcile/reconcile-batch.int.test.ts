import type { Observation } from "@kith/contracts";
import type { Database } from "@kith/database";
import {
  brokenInvariants,
  buildObservation,
  databaseDigest,
  liveContacts,
  oracle,
  oracleDigest,
  randomObservations,
  seededRandom,
  type TestDatabase,
  testDatabase,
} from "@kith/testkit";
import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InvariantViolation } from "./assert-changes.ts";
import { type Batch, createReconcileBatch } from "./reconcile-batch.ts";
import { dependenciesOf } from "./testing/dependencies.ts";

const TOPIC_ID = "11111111-1111-8111-8111-111111111111";
const TABLES = "identity, identifier, link, contact, consumer_offset, outbox, dead_letter";

let database: TestDatabase;
let db: Database;
let writers: Database[];
beforeAll(async () => {
  database = await testDatabase();
  db = database.open("admin", 1);
  writers = Array.from({ length: 5 }, () => database.open("writer", 1));
});
afterAll(() => database.drop());

/** An empty graph with `partitions` partitions at offset 0, and as many reconcilers as asked for. */
async function setup(
  options: { partitions?: number; reconcilers?: number; writerMode?: "concurrent" | "serial" } = {},
) {
  await db.executeQuery(CompiledQuery.raw(`truncate ${TABLES} restart identity`));
  for (let partition = 0; partition < (options.partitions ?? 1); partition++) {
    await db.executeQuery(CompiledQuery.raw("insert into consumer_offset values ($1, $2, 0)", [TOPIC_ID, partition]));
  }
  const reconcilers = Array.from({ length: options.reconcilers ?? 1 }, (_, index) =>
    createReconcileBatch({
      ...dependenciesOf(database, writers[index]!, TOPIC_ID),
      writerMode: options.writerMode ?? "concurrent",
    }),
  );
  return { reconcile: reconcilers[0]!, reconcilers };
}

function batchOf(observations: readonly Observation[], from = 0, partition = 0): Batch {
  return {
    ranges: [{ partition, from, to: from + observations.length }],
    observations: observations.map((observation, index) => ({ ...observation, partition, offset: from + index })),
    deadLetters: [],
  };
}

async function expectOracle(observations: readonly Observation[]): Promise<void> {
  const expected = oracle(observations);
  expect(await brokenInvariants(db)).toEqual({});
  expect(await databaseDigest(db)).toBe(oracleDigest(expected));
  expect(await liveContacts(db)).toEqual(expected.flatMap((one) => one.contacts.map((c) => c.obsId)).sort());
}

test.each(["identity_id_seq", "contact_id_seq"])(
  "after a batch that was not committed, ids that %s hands out again are nobody's twice",
  async (sequence) => {
    const { reconcilers } = await setup({ reconcilers: 2 });
    const orders = Array.from({ length: 5 }, (_, index) =>
      buildObservation({ email: `user${index}@example.com`, phone: null, seenAt: index + 1 }),
    );
    expect(await reconcilers[0]!({ ...batchOf([orders[0]!]), isTrial: true })).toMatchObject({ kind: "committed" });
    // What a crash of PostgreSQL does to a sequence whose last transaction was not committed.
    await db.executeQuery(CompiledQuery.raw(`alter sequence ${sequence} restart`));
    expect(await reconcilers[1]!(batchOf(orders.slice(1, 4)))).toMatchObject({ kind: "committed" });
    expect(await reconcilers[0]!(batchOf([orders[4]!], 3))).toMatchObject({ kind: "committed" });
    await expectOracle(orders.slice(1));
  },
);

test.each(["as it comes", "looked at before"])("the first contact of all has the first id: a batch %s", async (how) => {
  const { reconcile } = await setup();
  const batch = batchOf([buildObservation({ email: "a@x.io", seenAt: 1 })]);
  await reconcile(how === "as it comes" ? batch : { ...batch, residual: batch.observations });
  const { rows } = await db.executeQuery(CompiledQuery.raw("select id from contact"));
  expect(rows).toEqual([{ id: 1 }]);
});

describe("one batch", () => {
  test("two orders that share a phone are one identity, the oldest is its primary", async () => {
    const { reconcile } = await setup();
    const orders = [
      buildObservation({ email: "lorraine@hillvalley.edu", phone: "123456", seenAt: 1 }),
      buildObservation({ email: "mcfly@hillvalley.edu", phone: "123456", seenAt: 2 }),
    ];
    expect(await reconcile(batchOf(orders))).toMatchObject({ kind: "committed", identities: 1, noOps: 0 });
    await expectOracle(orders);
  });

  test("an order that links two identities merges them into one", async () => {
    const { reconcile } = await setup();
    const orders = [
      buildObservation({ email: "george@hillvalley.edu", phone: "919191", seenAt: 1 }),
      buildObservation({ email: "biffsucks@hillvalley.edu", phone: "717171", seenAt: 2 }),
      buildObservation({ email: "george@hillvalley.edu", phone: "717171", seenAt: 3 }),
    ];
    for (const [offset, order] of orders.entries()) await reconcile(batchOf([order], offset));
    await expectOracle(orders);
  });

  test("an order seen again writes nothing but its offset", async () => {
    const { reconcile } = await setup();
    const order = buildObservation({ email: "a@x.io", phone: "123456", seenAt: 1 });
    await reconcile(batchOf([order]));
    expect(await reconcile(batchOf([order], 1))).toMatchObject({ noOps: 1, identities: 0 });
    await expectOracle([order]);
  });

  test("records behind the offset are dropped, whoever brings them", async () => {
    const { reconcile } = await setup();
    const order = buildObservation({ email: "a@x.io", phone: "123456", seenAt: 1 });
    await reconcile(batchOf([order]));
    expect(await reconcile(batchOf([order]))).toEqual({ kind: "nothing-left", behind: 1 });
  });

  test("an identity that comes to a thousand identifiers is told of, once", async () => {
    const { reconcile } = await setup();
    const orders = Array.from({ length: 1_000 }, (_, i) =>
      buildObservation({ email: `user${i}@example.com`, phone: "123456", seenAt: i + 1 }),
    );
    // With the phone these are 999 identifiers.
    expect(await reconcile(batchOf(orders.slice(0, 998)))).toMatchObject({ outgrown: [] });
    expect(await reconcile(batchOf(orders.slice(998, 999), 998))).toMatchObject({ outgrown: [{ size: 1_000 }] });
    expect(await reconcile(batchOf(orders.slice(999), 999))).toMatchObject({ outgrown: [] });
  });

  test("a batch that begins beyond the offset is refused", async () => {
    const { reconcile } = await setup();
    const order = buildObservation({ email: "a@x.io", seenAt: 1 });
    expect(await reconcile(batchOf([order], 7))).toEqual({ kind: "positions-ahead", partitions: [0] });
  });

  test("a late but older order takes over as the one that introduced the identifier", async () => {
    const { reconcile } = await setup();
    const late = buildObservation({ email: "a@x.io", seenAt: 5 });
    const early = buildObservation({ email: "a@x.io", phone: "123456", seenAt: 2 });
    await reconcile(batchOf([late]));
    await reconcile(batchOf([early], 1));
    await expectOracle([late, early]);
  });

  test("a chain of 5,000 links in one batch is one identity", async () => {
    const { reconcile } = await setup();
    const chain = Array.from({ length: 5_000 }, (_, i) =>
      buildObservation({
        email: `c${Math.ceil(i / 2)}@x.io`,
        phone: String(200_000 + Math.floor(i / 2)),
        seenAt: i + 1,
      }),
    );
    expect(await reconcile(batchOf(chain))).toMatchObject({ identities: 1 });
    await expectOracle(chain);
  });
});

describe("contacts, which are written while the plan is made", () => {
  const order = buildObservation({ email: "a@x.io", phone: "123456", seenAt: 1 });

  test("fail with their own error, not with that of what comes behind them", async () => {
    const { reconcile } = await setup();
    await db.executeQuery(CompiledQuery.raw("alter table contact add constraint refused check (phone <> '123456')"));
    try {
      await expect(reconcile(batchOf([order]))).rejects.toMatchObject({ code: "23514", constraint: "refused" });
    } finally {
      await db.executeQuery(CompiledQuery.raw("alter table contact drop constraint refused"));
    }
    expect(await reconcile(batchOf([order]))).toMatchObject({ kind: "committed" });
    await expectOracle([order]);
  });

  test("stop the consumer where one is there already: its identifiers were new", async () => {
    const { reconcile } = await setup();
    await db.executeQuery(
      CompiledQuery.raw("insert into contact (obs_id, email, event_id, created_at) values ($1, 'a@x.io', 'e', 1)", [
        order.obsId,
      ]),
    );
    await expect(reconcile(batchOf([order]))).rejects.toThrow(InvariantViolation);
  });
});

describe("a large batch", () => {
  test("that another writer comes in between of restarts, and the next ones wait for each answer instead", async () => {
    const { reconcile } = await setup({ partitions: 2 });
    const orders = Array.from({ length: 4 }, (_, index) =>
      buildObservation({ email: `user${index >> 1}@example.com`, phone: String(123_456 + index), seenAt: index + 1 }),
    );
    let others: Batch | undefined;
    const interrupted = database.open("writer", 1, async (statement) => {
      if (statement !== "insert-identifiers" || others === undefined) return;
      const batch = others;
      others = undefined;
      await reconcile(batch);
    });
    const large = createReconcileBatch({ ...dependenciesOf(database, interrupted, TOPIC_ID), togetherMax: 0 });
    const restarts: unknown[] = [];
    for (const round of [0, 1]) {
      others = batchOf([orders[2 * round]!], round, 1);
      restarts.push(await large(batchOf([orders[2 * round + 1]!], round, 0)));
    }
    expect(restarts).toMatchObject([{ restarts: 1 }, { restarts: 0 }]);
    await expectOracle(orders);
  });
});

describe("random observations equal the oracle", () => {
  test.each([
    ["ages in order", false],
    ["ages shuffled", true],
  ])("one reconciler, batches of random size, %s", async (_, isShuffledAge) => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = seededRandom(seed);
      const { reconcile } = await setup();
      const observations = randomObservations({ count: 300, emails: 40, phones: 30, random, isShuffledAge });
      for (let at = 0; at < observations.length; ) {
        const size = 1 + Math.floor(random() * 40);
        await reconcile(batchOf(observations.slice(at, at + size), at));
        at += size;
      }
      await expectOracle(observations);
    }
  });

  test.each(["concurrent", "serial"] as const)(
    "five reconcilers at once on a tiny universe, %s",
    async (writerMode) => {
      for (let seed = 1; seed <= 6; seed++) {
        const random = seededRandom(seed * 31);
        const { reconcilers } = await setup({ partitions: 5, reconcilers: 5, writerMode });
        const observations = randomObservations({ count: 600, emails: 25, phones: 20, random, isShuffledAge: true });
        const perPartition = reconcilers.map((_, partition) =>
          observations.filter((_, index) => index % 5 === partition),
        );
        await Promise.all(
          reconcilers.map(async (reconcile, partition) => {
            const own = perPartition[partition]!;
            for (let at = 0; at < own.length; at += 10) await reconcile(batchOf(own.slice(at, at + 10), at, partition));
          }),
        );
        await expectOracle(observations);
      }
    },
  );
});
