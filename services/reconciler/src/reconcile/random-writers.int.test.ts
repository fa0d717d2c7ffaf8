/**
 * Five reconcilers on a tiny universe, with statements that are aborted and sessions that are ended under them: whatever
 * happens, the graph equals the oracle. A few seeds here; `pnpm test:deep` runs thousands.
 */
import type { Database } from "@kith/database";
import { createLogger } from "@kith/service-kit";
import {
  brokenInvariants,
  databaseDigest,
  keptLog,
  liveContacts,
  oracle,
  oracleDigest,
  randomObservations,
  seededRandom,
  type TestDatabase,
  testDatabase,
} from "@kith/testkit";
import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DecodedChunk, toBatch } from "../intake.ts";
import { createSettle } from "../settle.ts";
import { createReconcileBatch } from "./reconcile-batch.ts";
import { dependenciesOf, WAYS } from "./testing/dependencies.ts";

const TOPIC_ID = "55555555-5555-8555-8555-555555555555";
const WRITERS = 5;
const FIRST_SEED = Number(process.env.WRITERS_SEED ?? 1);
const SEEDS = Number(process.env.WRITERS_SEEDS ?? 8);
const ABORT_SHARE = 0.02;
const KILL_SHARE = 0.004;
const HOURS = 3_600_000;

let database: TestDatabase;
let db: Database;
let writers: Database[];
let random = seededRandom(0);
const faults = { aborts: 0, kills: 0 };

beforeAll(async () => {
  database = await testDatabase();
  db = database.open("admin", 2);
  writers = Array.from({ length: WRITERS }, () => database.open("writer", 1, beforeStatement));
});
afterAll(() => database.drop());

/** Aborts some statements before they are sent, and ends some sessions: any writer's, in the middle of what it does. */
async function beforeStatement(statement: string): Promise<void> {
  const chance = random();
  if (chance < ABORT_SHARE && statement !== "rollback") {
    faults.aborts += 1;
    throw Object.assign(new Error("aborted by the test"), { code: chance < ABORT_SHARE / 2 ? "40001" : "57014" });
  }
  if (chance < ABORT_SHARE + KILL_SHARE) {
    faults.kills += 1;
    // It may end another kill's own session. That one's error is not the writer's, whose rollback must still go out.
    await db
      .executeQuery(
        CompiledQuery.raw(
          `select pg_terminate_backend(pid) from (select pid from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' order by random() limit 1) s`,
        ),
      )
      .catch(() => undefined);
  }
}

test(`${SEEDS} seeds from ${FIRST_SEED} on`, { timeout: 6 * HOURS }, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    random = seededRandom(seed);
    await db.executeQuery(
      CompiledQuery.raw(
        `truncate identity, identifier, link, contact, consumer_offset, outbox, dead_letter restart identity;
         insert into consumer_offset select '${TOPIC_ID}', n, 0 from generate_series(0, ${WRITERS - 1}) n`,
      ),
    );
    const observations = randomObservations({
      count: 200 + Math.floor(random() * 200),
      emails: 5 + Math.floor(random() * 30),
      phones: 5 + Math.floor(random() * 20),
      random,
      isShuffledAge: random() < 0.7,
    });
    await Promise.all(writers.map((writer, partition) => write(writer, partition, observations)));

    const expected = oracle(observations);
    const found = {
      digest: await databaseDigest(db),
      contacts: await liveContacts(db),
      broken: await brokenInvariants(db),
    };
    expect(found, `seed ${seed}: WRITERS_SEED=${seed} WRITERS_SEEDS=1 runs it again`).toEqual({
      digest: oracleDigest(expected),
      contacts: expected.flatMap((one) => one.contacts.map((c) => c.obsId)).sort(),
      broken: {},
    });
  }
  expect(faults.aborts).toBeGreaterThan(SEEDS);
  console.log(`${SEEDS} seeds, ${faults.aborts} aborted statements, ${faults.kills} ended sessions, 0 wrong`);
});

/** One reconciler: its partition's share of the observations in batches, and some of another one's, twice. */
async function write(writer: Database, partition: number, all: ReturnType<typeof randomObservations>): Promise<void> {
  const own = all.filter((_, index) => index % WRITERS === partition);
  const again = all.filter((_, index) => index % (WRITERS * 3) === partition * 2);
  const reconcileBatch = createReconcileBatch({
    ...dependenciesOf(database, writer, TOPIC_ID),
    restartsMax: 2,
    // Two of three writers go the ways of large batches.
    ...WAYS[partition % WAYS.length]!.options,
  });
  const settle = createSettle({
    reconcileBatch,
    logger: createLogger({ service: "test", level: "debug", destination: keptLog }),
    isStopping: () => false,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / 20)),
    random: Math.random,
  });
  const log = [...own, ...again];
  for (let from = 0; from < log.length; ) {
    const to = Math.min(log.length, from + 1 + ((from * 7 + partition) % 25));
    const records = log.slice(from, to).map((one, index) => ({
      kind: "observation" as const,
      offset: from + index,
      bytes: 1,
      observation: { ...one, partition, offset: from + index },
      record: { offset: from + index, timestampMs: 0, key: null, value: null, headers: {} },
    }));
    const chunk: DecodedChunk = { partition, from, to, records, isAwaited: false };
    expect((await settle(toBatch([chunk]))).kind).toBe("settled");
    from = to;
  }
}
