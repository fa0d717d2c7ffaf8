/** The configuration of a reconciler on a test's own database and topics. */
import type { TestDatabase, TestTopics } from "@kith/testkit";
import { type Config, configSchema } from "../config.ts";

export function configOf(database: TestDatabase, topics: TestTopics): Config {
  return configSchema.parse({
    DATABASE_URL: database.url,
    DATABASE_SCHEMA: database.schema,
    KAFKA_BROKERS: topics.brokers.join(","),
    TOPIC_PREFIX: topics.prefix,
    GROUP_ID: topics.groupId,
  });
}
