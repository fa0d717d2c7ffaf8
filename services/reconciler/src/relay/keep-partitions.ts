/**
 * Keeps the outbox in hourly partitions: those of the next hours are made ahead, and what has long been published is
 * dropped, the oldest first, so that what is left is always all there was since its oldest row. Where an hour has no
 * partition its rows go to the default one, and nothing is lost.
 */
import { classifyFailure, type Database } from "@kith/database";
import type { Logger } from "@kith/service-kit";
import {
  addPartition,
  deleteOldest,
  dropPartition,
  emptyDefault,
  findMissingPartitions,
  findOldPartitions,
  hasOlderInDefault,
  isAllOldInDefault,
  readOldBefore,
} from "./sql/outbox-partitions.ts";

export type KeepPartitionsDependencies = {
  /** Not the relay's session: what is done here must not hold up a round. */
  readonly db: Database;
  readonly logger: Logger;
};

const AHEAD_HOURS = 3;
/** How long rows are kept after their hour, published or not. */
const KEEP_HOURS = 1;
const EVERY_MS = 5 * 60_000;
/** After a lock that was not to be had. */
const RETRY_MS = 10_000;
const DELETE_ROWS = 10_000;
const DELETES_MAX = 50;

/** Does it now and every few minutes, for as long as this process leads the relay. */
export function startKeepingPartitions(dependencies: KeepPartitionsDependencies): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running = run();

  async function run(): Promise<void> {
    const isDone = await keepPartitions(dependencies);
    if (stopped) return;
    timer = setTimeout(
      () => {
        running = run();
      },
      isDone ? EVERY_MS : RETRY_MS,
    );
  }

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** One pass. False if it is worth trying again soon. Never rejects: without partitions everything works as well. */
export async function keepPartitions({ db, logger }: KeepPartitionsDependencies): Promise<boolean> {
  /** False if it failed for a reason that time may mend: locks and time limits are what to expect beside writers. */
  async function attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const isExpected = classifyFailure(error) === "retriable";
      logger[isExpected ? "debug" : "warn"]({ err: error }, "the outbox's partitions are seen to later");
      return !isExpected;
    }
  }

  let hasWaited = false;
  const hasLooked = await attempt(async () => {
    for (const partition of await findMissingPartitions(db, { aheadHours: AHEAD_HOURS })) {
      // Each for itself: one fails for ever where the default partition has a row of its hour, after a clock went back.
      hasWaited ||= !(await attempt(() => addPartition(db, partition)));
      // Not one wait after the other: whoever wants to write meanwhile waits as well.
      if (hasWaited) return;
    }
  });
  return hasLooked && !hasWaited && (await attempt(() => removeOld(db)));
}

async function removeOld(db: Database): Promise<void> {
  for (const partition of await findOldPartitions(db, { keepHours: KEEP_HOURS })) {
    if (!(await clearDefault(db, partition.hour))) return;
    if (!(await dropPartition(db, partition))) return;
  }
  const [row] = await readOldBefore(db, { keepHours: KEEP_HOURS });
  const { before } = row!;
  const [old] = await isAllOldInDefault(db, { before });
  if (old!.all && (await emptyDefault(db, before))) return;
  await clearDefault(db, before);
}

/** True once the default partition has no row of before that time. */
async function clearDefault(db: Database, before: string): Promise<boolean> {
  for (let deletes = 0; deletes < DELETES_MAX; deletes++) {
    const [older] = await hasOlderInDefault(db, { before });
    if (!older!.has) return true;
    const [row] = await deleteOldest(db, { before, limit: DELETE_ROWS });
    if (row!.deleted === 0) return false;
  }
  return false;
}
