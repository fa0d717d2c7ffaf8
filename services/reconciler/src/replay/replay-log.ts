/**
 * The log, applied to a schema up to given offsets by the code that always applies it. There is no relay: what is
 * rebuilt here is not to be told to anybody.
 */
import { topicNames } from "@kith/contracts";
import { createDatabase } from "@kith/database";
import type { KafkaClient } from "@kith/kafka";
import type { Logger } from "@kith/service-kit";
import { bindLog } from "../bind-log.ts";
import type { SettlingConfig } from "../config.ts";
import { createIntake } from "../intake.ts";
import { readStartOffsets } from "../reconcile/sql/start-offsets.ts";
import { startSettling } from "../start-settling.ts";
import { boundIntake } from "./bound-intake.ts";

export type ReplayDependencies = {
  readonly config: SettlingConfig;
  /** By partition, the offset before which the replay ends. */
  readonly bounds: ReadonlyMap<number, number>;
  readonly kafka: KafkaClient;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

const LOOK_MS = 100;
const TELL_MS = 2_000;

/** Resolves when every partition has got to its bound, or is told to stop; rejects where it can not go on. */
export async function replayLog(dependencies: ReplayDependencies): Promise<"done" | "stopped"> {
  const { config, bounds, kafka, logger, signal } = dependencies;
  const { db, close: closeDatabase } = createDatabase({
    url: config.DATABASE_URL,
    schema: config.DATABASE_SCHEMA,
    role: "writer",
    poolMax: 4,
    applicationName: "kith-replay",
    onIdleError: (error) => logger.warn({ err: error }, "a database connection was lost"),
  });
  try {
    const topics = topicNames(config.TOPIC_PREFIX);
    const { topicId } = await bindLog(kafka, db, topics);
    const failed = Promise.withResolvers<never>();
    const log = startSettling({
      config,
      kafka,
      db,
      intake: boundIntake(
        createIntake({ batchEventsMax: config.BATCH_EVENTS_MAX, batchBytesMax: config.BATCH_BYTES_MAX }),
        bounds,
      ),
      topic: topics.orderIdentity,
      topicId,
      logger,
      onFatal: (reason) => failed.reject(new Error(`the log could not be replayed: ${reason}`)),
    });
    const partitions = [...bounds.keys()];
    /** How many records are left; offsets without a record count as well. */
    async function readLeft(): Promise<number> {
      const rows = await readStartOffsets(db, { topicId, partitions });
      const next = new Map(rows.map((row) => [row.partition, row.next_offset]));
      return partitions.reduce((sum, one) => sum + Math.max(0, bounds.get(one)! - (next.get(one) ?? 0)), 0);
    }
    async function untilDone(): Promise<"done" | "stopped"> {
      let toldAt = 0;
      while (!signal.aborted) {
        const left = await readLeft();
        if (left === 0) return "done";
        if (performance.now() - toldAt > TELL_MS) {
          logger.info({ left }, "replaying");
          toldAt = performance.now();
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      return "stopped";
    }
    try {
      return await Promise.race([untilDone(), failed.promise]);
    } finally {
      await log.close();
    }
  } finally {
    await closeDatabase();
  }
}
