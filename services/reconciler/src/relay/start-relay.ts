/** The relay with what it needs: a publisher, and the announcements of commits that wake it. */
import type { TopicNames } from "@kith/contracts";
import { advisoryKey, committedChannel, type Database, type IdentityRow, listen } from "@kith/database";
import { createPublisher, type KafkaClient } from "@kith/kafka";
import type { Logger } from "@kith/service-kit";
import type { Config } from "../config.ts";
import type { ReconcilerMeter } from "../metrics.ts";
import { withSmallerCopies } from "./publish-dead-letters.ts";
import { createRecentIdentities } from "./recent-identities.ts";
import { PUBLISH_MS } from "./relay-outbox.ts";
import { runRelay } from "./run-relay.ts";

export type StartRelayDependencies = {
  readonly config: Config;
  readonly kafka: KafkaClient;
  readonly db: Database;
  readonly topics: TopicNames;
  readonly partitions: number;
  readonly logger: Logger;
  readonly meter: ReconcilerMeter;
};

/**
 * Subscribers hear of a change so much later at the most; a round costs a dozen statements however little it carries. A
 * second only under a backlog, whose orders have waited longer: a tenth of its changes are then made up by later ones.
 */
const ROUND_MS = { few: 40, many: 100, backlog: 1_000 };
const PAGE_MAX = 1_000;
const LETTERS_PUBLISH_MS = 30_000;

export type StartedRelay = {
  /** Tells the relay what a committed batch of this process created. */
  noteCreated(rows: readonly IdentityRow[]): void;
  /** Tells the relay whether the batches of this process are whole ones that have been waiting. */
  noteBacklog(hasBacklog: boolean): void;
  close(): Promise<void>;
};

export function startRelay(dependencies: StartRelayDependencies): StartedRelay {
  const { config, kafka, db, topics, partitions, logger, meter } = dependencies;
  const publisher = createPublisher(kafka, { deadlineMs: PUBLISH_MS });
  const letterPublisher = createPublisher(kafka, { deadlineMs: LETTERS_PUBLISH_MS });
  const recent = createRecentIdentities();
  let hasBacklog = false;
  const relay = runRelay({
    db,
    recent,
    publisher: meter.measureRelay(publisher, topics),
    letterPublisher: meter.measureRelay(withSmallerCopies(letterPublisher, logger), topics),
    topics,
    partitions,
    source: `urn:kith:reconciler:${config.TOPIC_PREFIX}${config.DATABASE_SCHEMA}`,
    pageMax: PAGE_MAX,
    roundMs: ROUND_MS,
    hasBacklog: () => hasBacklog,
    leaderKey: advisoryKey(config.DATABASE_SCHEMA, "relay"),
    logger,
  });
  meter.relay(relay.state);
  const commits = listen({
    url: config.DATABASE_URL,
    schema: config.DATABASE_SCHEMA,
    applicationName: "kith-reconciler-listen",
    channel: committedChannel(config.DATABASE_SCHEMA),
    onWake: relay.wake,
    onIdleError: (error) => logger.warn({ err: error }, "the listening connection was lost"),
  });
  return {
    noteCreated(rows) {
      if (relay.state().isLeader) recent.note(rows);
    },
    noteBacklog(has) {
      hasBacklog = has;
    },
    async close() {
      await relay.stop();
      await commits.close();
      await Promise.all([publisher.close(), letterPublisher.close()]);
    },
  };
}
