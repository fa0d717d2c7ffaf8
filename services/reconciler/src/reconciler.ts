/** Puts the parts of a reconciler together: consumer → intake → writer, and the relay beside it. */
import { type TopicNames, topicNames } from "@kith/contracts";
import { advisoryKey, committedChannel, createDatabase, type Database, listen } from "@kith/database";
import { createPublisher, describeTopic, type KafkaClient, type PartitionConsumer, readClusterId } from "@kith/kafka";
import type { Logger } from "@kith/service-kit";
import type { Config } from "./config.ts";
import { createConsumer } from "./consumer.ts";
import { createIntake } from "./intake.ts";
import { findResidual } from "./reconcile/find-residual.ts";
import { createIdentityIds } from "./reconcile/identity-ids.ts";
import { createReconcileBatch } from "./reconcile/reconcile-batch.ts";
import { registerDeployment } from "./reconcile/sql/register-deployment.ts";
import { runRelay } from "./relay/run-relay.ts";
import { createSettle } from "./settle.ts";
import { createWriter, type WriterEnd } from "./writer.ts";

/** The topic or cluster is not the one this schema is the state of. Carrying on would mix two logs. */
export class WrongLog extends Error {
  constructor(what: string) {
    super(`${what}; docs/operations.md, "The topic was created anew", says what to do`);
    this.name = "WrongLog";
  }
}

export type ReconcilerDependencies = {
  readonly config: Config;
  readonly kafka: KafkaClient;
  readonly logger: Logger;
  /** The reconciler can not go on and its process should end; a supervisor starts it again. */
  readonly onFatal: (reason: string) => void;
};

export type Reconciler = {
  isReady(): boolean;
  isAlive(): boolean;
  close(): Promise<void>;
};

/** Subscribers hear of a change so much later at the most; a round costs a dozen statements however little it carries. */
const RELAY_ROUND_MS = 20;
const RELAY_PAGE_MAX = 1_000;
const RELAY_DEADLINE_MS = 30_000;
const RESTARTS_MAX = 4;
/** After a failure that a record may be the reason of. */
const KEEP_RECORDS_MS = 10 * 60_000;
/** Kafka's copy of the offsets is for lag tools: now and then is enough. */
const GROUP_COMMIT_MS = 1_000;

/** Connects, checks that log and schema belong together, and runs until closed. Rejects where something is not there yet. */
export async function startReconciler(dependencies: ReconcilerDependencies): Promise<Reconciler> {
  const { config, kafka, logger } = dependencies;
  const topics = topicNames(config.TOPIC_PREFIX);
  const { db, close: closeDatabase } = createDatabase({
    url: config.DATABASE_URL,
    schema: config.DATABASE_SCHEMA,
    role: "writer",
    poolMax: 4,
    applicationName: "kith-reconciler",
    onIdleError: (error) => logger.warn({ err: error }, "a database connection was lost"),
  });
  try {
    const log = await bindLog(kafka, db, topics);
    return await run({ ...dependencies, db, closeDatabase, topics, ...log });
  } catch (error) {
    await closeDatabase();
    throw error;
  }
}

async function bindLog(kafka: KafkaClient, db: Database, topics: TopicNames) {
  const topic = await describeTopic(kafka, topics.orderIdentity);
  const resolved = await describeTopic(kafka, topics.identityResolved);
  if (topic === undefined || resolved === undefined) throw new Error("the topics are missing: run `pnpm topics:apply`");
  const clusterId = await readClusterId(kafka);
  const [bound] = await registerDeployment(db, { clusterId, topicId: topic.topicId });
  if (bound === undefined) throw new Error("the schema is not migrated: run `pnpm db:migrate`");
  if (bound.topic_id !== topic.topicId)
    throw new WrongLog("the input topic is another one than this schema was made from");
  if (bound.cluster_id !== clusterId)
    throw new WrongLog("the Kafka cluster is another one than this schema was made from");
  return { topicId: topic.topicId, partitions: resolved.partitions };
}

type Parts = ReconcilerDependencies & {
  db: Database;
  closeDatabase(): Promise<void>;
  topics: TopicNames;
  topicId: string;
  partitions: number;
};

async function run(parts: Parts): Promise<Reconciler> {
  const { config, kafka, logger, db, topics, topicId, partitions } = parts;
  let isStopping = false;
  let hasJoined = false;
  let keepRecordsUntilMs = 0;
  const channel = committedChannel(config.DATABASE_SCHEMA);
  const publisher = createPublisher(kafka, { deadlineMs: RELAY_DEADLINE_MS });
  const relay = runRelay({
    db,
    publisher,
    topics,
    partitions,
    source: `urn:kith:reconciler:${config.TOPIC_PREFIX}${config.DATABASE_SCHEMA}`,
    pageMax: RELAY_PAGE_MAX,
    roundMs: RELAY_ROUND_MS,
    leaderKey: advisoryKey(config.DATABASE_SCHEMA, "relay"),
    logger,
  });
  const commits = listen({
    url: config.DATABASE_URL,
    schema: config.DATABASE_SCHEMA,
    applicationName: "kith-reconciler-listen",
    channel,
    onWake: relay.wake,
    onIdleError: (error) => logger.warn({ err: error }, "the listening connection was lost"),
  });

  const intake = createIntake({ batchEventsMax: config.BATCH_EVENTS_MAX, batchBytesMax: config.BATCH_BYTES_MAX });
  const reconcileBatch = createReconcileBatch({
    db,
    topicId,
    channel,
    modeKey: advisoryKey(config.DATABASE_SCHEMA, "mode"),
    writerMode: config.WRITER_MODE,
    identityIds: createIdentityIds(),
    restartsMax: RESTARTS_MAX,
  });
  const settle = createSettle({
    reconcileBatch,
    logger,
    isStopping: () => isStopping,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
  });
  const groupOffsets = new Map<number, number>();
  const runWriter = createWriter({
    intake,
    settle,
    findResidual: (observations) => findResidual(db, observations),
    onSettled(batch, outcomes, durationMs) {
      for (const range of batch.ranges) groupOffsets.set(range.partition, range.to);
      logger.debug({ ranges: batch.ranges, outcomes, durationMs: Math.round(durationMs) }, "batch settled");
    },
  });

  let consumer: PartitionConsumer = startConsumer();
  let writer = runWriter();
  writer.then(onWriterEnd, (error) => fail("the writer failed", error));
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
      topic: topics.orderIdentity,
      topicId,
      groupId: config.GROUP_ID,
      onAssigned: () => {
        hasJoined = true;
      },
      keepsRecords: () => Date.now() < keepRecordsUntilMs,
      onFatal: (reason) =>
        fail(`the consumer stopped: ${reason.kind}`, reason.kind === "consumer-crashed" ? reason.error : undefined, {
          reason,
        }),
    });
    starting.start().catch((error) => fail("the consumer could not start", error));
    return starting;
  }

  function onWriterEnd(end: WriterEnd): void {
    if (isStopping) return;
    if (end === "read-again") {
      logger.warn("a batch failed for an unknown reason: reading it again, with its records kept");
      keepRecordsUntilMs = Date.now() + KEEP_RECORDS_MS;
    } else if (end === "positions-ahead") {
      // As after a restore.
      logger.warn("the database is behind the consumer: reading again from its offsets");
    } else {
      fail(`the writer stopped: ${end}`, undefined);
      return;
    }
    writer = consumer.stop().then(() => {
      consumer = startConsumer();
      return runWriter();
    });
    writer.then(onWriterEnd, (error) => fail("the writer failed", error));
  }

  function fail(what: string, error: unknown, details: object = {}): void {
    if (isStopping) return;
    logger.fatal({ ...details, ...(error === undefined ? {} : { err: error }) }, what);
    parts.onFatal(what);
  }

  return {
    // A member without partitions is ready as well: there may be more reconcilers than partitions.
    isReady: () => hasJoined && consumer.state().alive,
    isAlive: () => consumer.state().alive,
    async close() {
      isStopping = true;
      clearInterval(groupCommit);
      const stopped = consumer.stop();
      intake.close();
      await writer;
      await stopped;
      await relay.stop();
      await commits.close();
      await publisher.close();
      await parts.closeDatabase();
    },
  };
}
