/** The log of one deployment, settled into its schema: consumer, intake, writer and transaction, put together. */
import { advisoryKey, committedChannel, type Database, type IdentityRow } from "@kith/database";
import type { KafkaClient } from "@kith/kafka";
import type { Logger } from "@kith/service-kit";
import { groupIdOf, type SettlingConfig } from "./config.ts";
import type { Intake } from "./intake.ts";
import type { ReconcilerMeter } from "./metrics.ts";
import { createFreshIds } from "./reconcile/fresh-ids.ts";
import { createReconcileBatch } from "./reconcile/reconcile-batch.ts";
import { createSettle } from "./settle.ts";
import { type SettleLogDependencies, type SettlingLog, settleLog } from "./settle-log.ts";

export type StartSettlingDependencies = {
  readonly config: SettlingConfig;
  readonly kafka: KafkaClient;
  readonly db: Database;
  readonly intake: Intake;
  readonly topic: string;
  readonly topicId: string;
  readonly logger: Logger;
  readonly onFatal: (reason: string) => void;
  readonly meter?: ReconcilerMeter | undefined;
  /** Told of the identities that a committed batch created. */
  readonly onCreated?: (rows: readonly IdentityRow[]) => void;
  /** Told, before each batch, whether it is a whole one that has been waiting. */
  readonly onBacklog?: SettleLogDependencies["onBacklog"];
};

const RESTARTS_MAX = 4;

export function startSettling(dependencies: StartSettlingDependencies): SettlingLog {
  const { config, kafka, db, intake, topic, topicId, logger, onFatal, meter, onCreated, onBacklog } = dependencies;
  let isStopping = false;
  const reconcileBatch = createReconcileBatch({
    db,
    topicId,
    channel: committedChannel(config.DATABASE_SCHEMA),
    modeKey: advisoryKey(config.DATABASE_SCHEMA, "mode"),
    writerMode: config.WRITER_MODE,
    freshIds: createFreshIds(),
    restartsMax: RESTARTS_MAX,
    onCreated,
  });
  const settle = createSettle({
    reconcileBatch: meter?.measureBatches(reconcileBatch) ?? reconcileBatch,
    logger,
    isStopping: () => isStopping,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
  });
  const log = settleLog({
    kafka,
    db,
    intake,
    settle,
    topic,
    topicId,
    groupId: groupIdOf(config),
    logger,
    onFatal,
    meter,
    onBacklog,
  });
  return {
    ...log,
    close() {
      isStopping = true;
      return log.close();
    },
  };
}
