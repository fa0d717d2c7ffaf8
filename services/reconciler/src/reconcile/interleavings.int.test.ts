/**
 * Every interleaving of two batches equals the oracle, without a deadlock. Here a sample of the schedules of each
 * scenario; `pnpm test:interleave` runs all of them.
 */
import type { Database } from "@kith/database";
import {
  brokenInvariants,
  databaseDigest,
  liveContacts,
  oracle,
  oracleDigest,
  type TestDatabase,
  testDatabase,
} from "@kith/testkit";
import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Batch, createReconcileBatch, type PlacedObservation } from "./reconcile-batch.ts";
import { dependenciesOf, WAYS, type Way } from "./testing/dependencies.ts";
import { createScheduler, nextPrefix, type ScheduleResult } from "./testing/interleave.ts";
import { SCENARIOS, type Scenario } from "./testing/scenarios.ts";

const TOPIC_ID = "22222222-2222-8222-8222-222222222222";
const PARTITION_OF_BEFORE = 9;
const SCHEDULES_MAX = process.env.INTERLEAVE === "all" ? Number.POSITIVE_INFINITY : 30;
const CASES = SCENARIOS.flatMap((scenario) => WAYS.map((way) => ({ ...scenario, ...way })));
type Case = Scenario & Way;
const MINUTES = 60_000;

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = database.open("admin", 1);
});
afterAll(() => database.drop());

function place(observations: Scenario["before"], partition: number): Batch {
  const placed: PlacedObservation[] = observations.map((one, offset) => ({ ...one, partition, offset }));
  return { ranges: [{ partition, from: 0, to: placed.length }], observations: placed, deadLetters: [] };
}

async function setup(scenario: Case) {
  const scheduler = createScheduler(database.open("admin", 1));
  const parts = [0, 1].map((index) => {
    const worker = database.open("writer", 1, scheduler.gate(index).beforeStatement);
    const reconcile = createReconcileBatch({
      ...dependenciesOf(database, worker, TOPIC_ID),
      writerMode: scenario.writerMode ?? "concurrent",
      restartsMax: scenario.restartsMax ?? 4,
      ...scenario.options,
    });
    return { worker, reconcile };
  });
  const pids: number[] = [];
  for (const { worker } of parts) {
    const { rows } = await worker.executeQuery<{ pid: number }>(CompiledQuery.raw("select pg_backend_pid() as pid"));
    pids.push(rows[0]!.pid);
  }
  const partitions = scenario.isSamePartition === true ? [0, 0] : [0, 1];

  async function run(prefix: readonly number[]): Promise<ScheduleResult> {
    await db.executeQuery(
      CompiledQuery.raw(
        `delete from identity; delete from identifier; delete from link; delete from contact; delete from outbox;
         delete from consumer_offset;
         insert into consumer_offset values ('${TOPIC_ID}', 0, 0), ('${TOPIC_ID}', 1, 0), ('${TOPIC_ID}', ${PARTITION_OF_BEFORE}, 0)`,
      ),
    );
    if (scenario.before.length > 0) await parts[0]!.reconcile(place(scenario.before, PARTITION_OF_BEFORE));
    const jobs = parts.map(
      ({ reconcile }, index) =>
        () =>
          reconcile(place(scenario.batches[index]!, partitions[index]!)),
    );
    return scheduler.runSchedule(pids, jobs, prefix);
  }
  return { run };
}

test.each<Case>(CASES)(
  "$name, $way",
  async (scenario) => {
    const { run } = await setup(scenario);
    const settled = scenario.isSamePartition === true ? scenario.batches[0] : scenario.batches.flat();
    const expected = oracle([...scenario.before, ...settled]);
    const contacts = expected.flatMap((one) => one.contacts.map((c) => c.obsId)).sort();
    let schedules = 0;
    for (let prefix: number[] | undefined = []; prefix !== undefined && schedules < SCHEDULES_MAX; schedules++) {
      const { choices, trace, deadlock } = await run(prefix);
      const found = {
        deadlock,
        digest: await databaseDigest(db),
        contacts: await liveContacts(db),
        broken: await brokenInvariants(db),
      };
      expect(found, `schedule ${choices.join("")}\n${trace.join("\n")}`).toEqual({
        deadlock: false,
        digest: oracleDigest(expected),
        contacts,
        broken: {},
      });
      prefix = nextPrefix(choices);
    }
    console.log(`${scenario.name}, ${scenario.way}: ${schedules} schedules, 0 wrong, 0 deadlocks`);
  },
  60 * MINUTES,
);
