/** Makes sure that the log and the schema belong together before anything of one is written into the other. */
import type { TopicNames } from "@kith/contracts";
import type { Database } from "@kith/database";
import { describeTopic, type KafkaClient, readClusterId } from "@kith/kafka";
import { registerDeployment } from "./reconcile/sql/register-deployment.ts";

/** The topic or cluster is not the one this schema is the state of. Carrying on would mix two logs. */
export class WrongLog extends Error {
  constructor(what: string) {
    super(`${what}; docs/operations.md, "The topic was created anew", says what to do`);
    this.name = "WrongLog";
  }
}

/** The log a schema is the state of. */
export type BoundLog = {
  readonly topicId: string;
  /** Partitions of `identity.resolved`. */
  readonly resolvedPartitions: number;
};

/** Binds a fresh schema to its log, or compares. Rejects with WrongLog, or where something is not there yet. */
export async function bindLog(kafka: KafkaClient, db: Database, topics: TopicNames): Promise<BoundLog> {
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
  return { topicId: topic.topicId, resolvedPartitions: resolved.partitions };
}
