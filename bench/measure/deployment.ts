/** One deployment on the part's stack: a database and topics of its own, so that cases do not meet. */
import { topicNames } from "@kith/contracts";
import { createDatabase, type Database, migrateToLatest, quoteIdentifier } from "@kith/database";
import { closeKafka, connectKafka, describeTopic, ensureTopics, type KafkaClient } from "@kith/kafka";
import { sql } from "kysely";
import type { BenchRun } from "./bench-run.ts";
import type { BenchStack } from "./stack.ts";

export type Deployment = {
  readonly name: string;
  readonly databaseUrl: string;
  readonly brokers: string;
  readonly topicPrefix: string;
  readonly topicId: string;
  readonly db: Database;
  readonly kafka: KafkaClient;
  /** What the services read. */
  readonly env: Readonly<Record<string, string>>;
  /** Drops the database; its topics go with the stack. */
  close(): Promise<void>;
};

export const SCHEMA = "kith";
const POOL_MAX = 4;

export async function deploy(run: BenchRun, stack: BenchStack, name: string): Promise<Deployment> {
  const databaseUrl = await makeDatabase(stack.databaseUrl, name);
  const topicPrefix = `${name}.`;
  const kafka = connectKafka({ brokers: [stack.brokers], clientId: "kith-bench" });
  const { db, close: closeDatabase } = openDatabase(databaseUrl);
  const close = run.closers.add(async () => {
    await closeKafka(kafka);
    await closeDatabase();
    await dropDatabase(stack.databaseUrl, name);
  });
  await ensureTopics(kafka, { prefix: topicPrefix });
  const topic = await describeTopic(kafka, topicNames(topicPrefix).orderIdentity);
  if (topic === undefined) throw new Error("the topics were not created");
  return {
    name,
    databaseUrl,
    brokers: stack.brokers,
    topicPrefix,
    topicId: topic.topicId,
    db,
    kafka,
    env: {
      DATABASE_URL: databaseUrl,
      DATABASE_SCHEMA: SCHEMA,
      KAFKA_BROKERS: stack.brokers,
      TOPIC_PREFIX: topicPrefix,
      GROUP_ID: `kith-bench-${name}`,
    },
    close,
  };
}

/** Makes an empty, migrated database beside the stack's own and answers its URL. */
export async function makeDatabase(stackUrl: string, name: string): Promise<string> {
  await onStack(stackUrl, (admin) => sql.raw(`create database ${quoteIdentifier(name)}`).execute(admin));
  const url = new URL(stackUrl);
  url.pathname = `/${name}`;
  await migrateToLatest({ url: url.href, schema: SCHEMA });
  return url.href;
}

export async function dropDatabase(stackUrl: string, name: string): Promise<void> {
  await onStack(stackUrl, (admin) => sql.raw(`drop database ${quoteIdentifier(name)} with (force)`).execute(admin));
}

function openDatabase(url: string) {
  return createDatabase({ url, schema: SCHEMA, role: "admin", poolMax: POOL_MAX, applicationName: "kith-bench" });
}

async function onStack(url: string, work: (admin: Database) => Promise<unknown>): Promise<void> {
  const { db, close } = createDatabase({
    url,
    schema: "public",
    role: "admin",
    poolMax: 1,
    applicationName: "kith-bench",
  });
  try {
    await work(db);
  } finally {
    await close();
  }
}
