/** Creates the topics of a deployment, and says so where one that exists is laid out otherwise. */
import { TOPIC_PARTITIONS, topicNames } from "@kith/contracts";
import type { ITopicConfig } from "kafkajs";
import { internalsOf, type KafkaClient } from "./kafka-client.ts";
import { kafkajs } from "./kafkajs.ts";
import { findTopic } from "./topic-id.ts";

/** The deployment whose topics are wanted. */
export type TopicPlan = {
  /** Put before each topic's name. */
  readonly prefix: string;
  /** How long observations are kept. Default 30 days. */
  readonly orderIdentityRetentionMs?: number;
  /** Copies of each partition. Default 1; three where there are three brokers. */
  readonly replicationFactor?: number;
};

const DAY_MS = 24 * 60 * 60 * 1000;
const RECORD_BYTES_MAX = 1024 * 1024;
// A dead letter carries the whole record it is about, and headers that say why.
const DEAD_LETTER_BYTES_MAX = RECORD_BYTES_MAX + 64 * 1024;
const CREATE_TIMEOUT_MS = 15_000;
const LEADERS_DEADLINE_MS = 30_000;
const LEADERS_PAUSE_MS = 100;

/** Creates what is missing; may run twice at once. Topics that exist keep their settings. Resolves when all can be used. */
export async function ensureTopics(client: KafkaClient, plan: TopicPlan): Promise<void> {
  const topics = plannedTopics(plan);
  const missing: ITopicConfig[] = [];
  for (const topic of topics) {
    if ((await findTopic(client, topic.topic)) === undefined) missing.push(topic);
    else await reportDifferences(client, topic);
  }
  if (missing.length > 0) {
    // One by one: KafkaJS takes a mixture of "created" and "exists already" for a failure.
    for (const topic of missing) {
      await internalsOf(client).admin.ask((admin) =>
        admin.createTopics({ topics: [topic], timeout: CREATE_TIMEOUT_MS, waitForLeaders: false, validateOnly: false }),
      );
    }
  }
  for (const { topic } of topics) await awaitLeaders(client, topic);
}

function plannedTopics({
  prefix,
  orderIdentityRetentionMs = 30 * DAY_MS,
  replicationFactor = 1,
}: TopicPlan): ITopicConfig[] {
  const names = topicNames(prefix);
  const layout = { numPartitions: TOPIC_PARTITIONS, replicationFactor };
  return [
    {
      topic: names.orderIdentity,
      ...layout,
      configEntries: entries({
        "cleanup.policy": "delete",
        "retention.ms": orderIdentityRetentionMs,
        "retention.bytes": -1,
        "max.message.bytes": RECORD_BYTES_MAX,
        // The record's own time is what `seenAt` is compared with, in every replay the same.
        "message.timestamp.type": "CreateTime",
      }),
    },
    {
      topic: names.identityResolved,
      ...layout,
      configEntries: entries({
        "cleanup.policy": "compact",
        // Cleaned once a third of it is outdated, and whatever its share, after a day: a new subscriber reads it whole.
        "min.cleanable.dirty.ratio": 0.3,
        "max.compaction.lag.ms": DAY_MS,
        // How long a subscriber may be away and still see that an identity was erased.
        "delete.retention.ms": 7 * DAY_MS,
        "max.message.bytes": RECORD_BYTES_MAX,
        "message.timestamp.type": "CreateTime",
      }),
    },
    {
      topic: names.deadLetter,
      ...layout,
      configEntries: entries({
        "cleanup.policy": "delete",
        "retention.ms": 90 * DAY_MS,
        "retention.bytes": -1,
        "max.message.bytes": DEAD_LETTER_BYTES_MAX,
        "message.timestamp.type": "CreateTime",
      }),
    },
  ];
}

function entries(settings: Record<string, string | number>): { name: string; value: string }[] {
  return Object.entries(settings).map(([name, value]) => ({ name, value: String(value) }));
}

async function reportDifferences(client: KafkaClient, planned: ITopicConfig): Promise<void> {
  const { topic, numPartitions = TOPIC_PARTITIONS, configEntries = [] } = planned;
  const { log, admin } = internalsOf(client);
  const found = await findTopic(client, topic);
  if (found !== undefined && found.partitions < numPartitions) {
    log("warn", "a topic has fewer partitions than planned", {
      topic,
      partitions: found.partitions,
      planned: numPartitions,
    });
  }
  const { resources } = await admin.ask((ask) =>
    ask.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    }),
  );
  const policy = "cleanup.policy";
  const isSet = resources[0]?.configEntries.find(({ configName }) => configName === policy)?.configValue;
  const wanted = configEntries.find(({ name }) => name === policy)?.value;
  if (isSet !== wanted)
    log("warn", "a topic has another clean-up policy than planned", { topic, policy: isSet, planned: wanted });
}

async function awaitLeaders(client: KafkaClient, topic: string): Promise<void> {
  const deadlineAtMs = Date.now() + LEADERS_DEADLINE_MS;
  for (;;) {
    const found = await findTopic(client, topic);
    if (found !== undefined && found.partitions > 0 && found.partitionsWithLeader === found.partitions) return;
    if (Date.now() > deadlineAtMs) throw new Error(`the topic ${topic} has partitions without a leader`);
    await new Promise((resolve) => setTimeout(resolve, LEADERS_PAUSE_MS));
  }
}
