/**
 * Consumer → intake → writer, kept going: where a batch has to be read again, the consumer starts over from the offsets
 * in the database and the writer with it.
 */
import type { Database } from "@kith/database";
import type { ConsumerFatal, KafkaClient, PartitionConsumer } from "@kith/kafka";
import type { Logger } from "@kith/service-kit";
import { createConsumer } from "./consumer.ts";
import type { Intake, TakenBatch } from "./intake.ts";
import type { ReconcilerMeter } from "./metrics.ts";
import { findResidual } from "./reconcile/find-residual.ts";
import type { Settled } from "./settle.ts";
import { createWriter, type WriterDependencies, type WriterEnd } from "./writer.ts";

export type SettleLogDependencies = {
  readonly kafka: KafkaClient;
  readonly db: Database;
  readonly intake: Intake;
  readonly settle: (batch: TakenBatch) => Promise<Settled>;
  readonly topic: string;
  readonly topicId: string;
  readonly groupId: string;
  readonly logger: Logger;
  /** It does not go on; told once at the most, and never after `close`. */
  readonly onFatal: (what: string) => void;
  readonly meter?: ReconcilerMeter | undefined;
  /** Told, before each batch, whether it is a whole one that has been waiting. */
  readonly onBacklog?: WriterDependencies["onBacklog"];
};

export type SettlingLog = {
  isReady(): boolean;
  isAlive(): boolean;
  /** Resolves when the batch under way is settled and the group is left. */
  close(): Promise<void>;
};

/** After a failure that a record may be the reason of. */
const KEEP_RECORDS_MS = 10 * 60_000;
/** Kafka's copy of the offsets is for lag tools: now and then is enough. */
const GROUP_COMMIT_MS = 1_000;

export function settleLog(dependencies: SettleLogDependencies): SettlingLog {
  const { kafka, db, intake, settle, topic, topicId, groupId, logger, meter } = dependencies;
  let isOver = false;
  let hasJoined = false;
  let keepRecordsUntilMs = 0;
  const groupOffsets = new Map<number, number>();
  const runWriter = createWriter({
    intake,
    settle,
    findResidual: (observations) => findResidual(db, observations),
    onBacklog: dependencies.onBacklog,
    onSettled(batch, outcomes, durationMs) {
      for (const range of batch.ranges) groupOffsets.set(range.partition, range.to);
      meter?.settled(batch, outcomes, durationMs);
      for (const outcome of outcomes) {
        if (outcome.kind !== "committed") continue;
        for (const grown of outcome.outgrown) logger.warn(grown, "an identity has grown large");
      }
      logger.debug({ ranges: batch.ranges, outcomes, durationMs: Math.round(durationMs) }, "batch settled");
    },
  });
  let consumer = startConsumer();
  let writer = startWriter();
  meter?.held(() => consumer.state().held.length);
  const groupCommit = setInterval(() => {
    if (groupOffsets.size === 0) return;
    const offsets = new Map(groupOffsets);
    groupOffsets.clear();
    void consumer.commit(offsets);
  }, GROUP_COMMIT_MS);

  function startConsumer(): PartitionConsumer {
    const starting = createConsumer({
      kafka,
      db,
      intake,
      topic,
      topicId,
      groupId,
      onAssigned: () => {
        hasJoined = true;
      },
      keepsRecords: () => Date.now() < keepRecordsUntilMs,
      onFatal: failConsumer,
      meter,
    });
    starting.start().catch((error) => fail("the consumer could not start", { err: error }));
    return starting;
  }

  async function startWriter(): Promise<void> {
    try {
      onWriterEnd(await runWriter());
    } catch (error) {
      fail("the writer failed", { err: error });
    }
  }

  function onWriterEnd(end: WriterEnd): void {
    if (isOver) return;
    if (end === "read-again") {
      logger.warn("a batch failed for an unknown reason: reading it again, with its records kept");
      keepRecordsUntilMs = Date.now() + KEEP_RECORDS_MS;
    } else if (end === "positions-ahead") {
      // As after a restore.
      logger.warn("the database is behind the consumer: reading again from its offsets");
    } else {
      fail(`the writer stopped: ${end}`, {});
      return;
    }
    writer = readAgain();
  }

  async function readAgain(): Promise<void> {
    await consumer.stop();
    if (isOver) return;
    // What waits was read behind the batch that is missing.
    intake.reset(new Map());
    consumer = startConsumer();
    await startWriter();
  }

  function failConsumer(reason: ConsumerFatal): void {
    const error = reason.kind === "consumer-crashed" ? { err: reason.error } : {};
    fail(`the consumer stopped: ${reason.kind}`, { reason, ...error });
  }

  function fail(what: string, details: object): void {
    if (isOver) return;
    isOver = true;
    logger.fatal(details, what);
    dependencies.onFatal(what);
  }

  return {
    // A member without partitions is ready as well: there may be more reconcilers than partitions.
    isReady: () => hasJoined && consumer.state().alive,
    isAlive: () => consumer.state().alive,
    async close() {
      isOver = true;
      clearInterval(groupCommit);
      const stopped = consumer.stop();
      intake.close();
      await writer;
      await stopped;
    },
  };
}
