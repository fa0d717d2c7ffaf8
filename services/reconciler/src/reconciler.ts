/** Puts the parts of a reconciler together: the log is settled, and the relay runs beside it. */
import { topicNames } from "@kith/contracts";
import { createDatabase, type Database } from "@kith/database";
import type { KafkaClient } from "@kith/kafka";
import type { Logger } from "@kith/service-kit";
import { bindLog } from "./bind-log.ts";
import type { Config } from "./config.ts";
import { createIntake } from "./intake.ts";
import type { ReconcilerMeter } from "./metrics.ts";
import { startRelay } from "./relay/start-relay.ts";
import type { SettlingLog } from "./settle-log.ts";
import { startSettling } from "./start-settling.ts";

export type ReconcilerDependencies = {
  readonly config: Config;
  readonly kafka: KafkaClient;
  readonly logger: Logger;
  /** The reconciler can not go on and its process should end; a supervisor starts it again. */
  readonly onFatal: (reason: string) => void;
  readonly meter: ReconcilerMeter;
};

export type Reconciler = {
  isReady(): boolean;
  isAlive(): boolean;
  close(): Promise<void>;
};

/** Connects, checks that log and schema belong together, and runs until closed. Rejects where something is not there yet. */
export async function startReconciler(dependencies: ReconcilerDependencies): Promise<Reconciler> {
  const { config, logger } = dependencies;
  const { db, close: closeDatabase } = createDatabase({
    url: config.DATABASE_URL,
    schema: config.DATABASE_SCHEMA,
    role: "writer",
    poolMax: 5,
    applicationName: "kith-reconciler",
    onIdleError: (error) => logger.warn({ err: error }, "a database connection was lost"),
  });
  try {
    return await run(dependencies, db, closeDatabase);
  } catch (error) {
    await closeDatabase();
    throw error;
  }
}

async function run(
  { config, kafka, logger, onFatal, meter }: ReconcilerDependencies,
  db: Database,
  closeDatabase: () => Promise<void>,
): Promise<Reconciler> {
  const topics = topicNames(config.TOPIC_PREFIX);
  const { topicId, resolvedPartitions } = await bindLog(kafka, db, topics);
  const relay = startRelay({ config, kafka, db, topics, partitions: resolvedPartitions, logger, meter });
  let log: SettlingLog;
  try {
    log = startSettling({
      config,
      kafka,
      db,
      intake: createIntake({ batchEventsMax: config.BATCH_EVENTS_MAX, batchBytesMax: config.BATCH_BYTES_MAX }),
      topic: topics.orderIdentity,
      topicId,
      logger,
      onFatal,
      meter,
      onCreated: relay.noteCreated,
      onBacklog: relay.noteBacklog,
    });
  } catch (error) {
    // It is started again with the next try; this one would go on beside it.
    await relay.close();
    throw error;
  }
  return {
    isReady: log.isReady,
    isAlive: log.isAlive,
    async close() {
      await log.close();
      await relay.close();
      await closeDatabase();
    },
  };
}
