/** `kith topics apply`: makes the topics of one deployment, with their settings. */
import { topicNames } from "@kith/contracts";
import { ensureTopics } from "@kith/kafka";
import { kafkaEnv, loadConfig, topicEnv, topicLayoutEnv } from "@kith/service-kit";
import { z } from "zod";
import { parseWords, type Run } from "../command.ts";
import { withKafka } from "../with-kafka.ts";

const configSchema = z.object({
  ...kafkaEnv,
  ...topicEnv,
  ...topicLayoutEnv,
});

/** Waits for Kafka, then creates what is missing. Topics that exist stay as they are; a warning says where they differ. */
export async function applyTopics({ words, env, terminal }: Run): Promise<void> {
  parseWords(words, {});
  const config = loadConfig(configSchema, env);
  await withKafka(config, terminal, (kafka) =>
    ensureTopics(kafka, {
      prefix: config.TOPIC_PREFIX,
      orderIdentityRetentionMs: config.ORDER_IDENTITY_RETENTION_MS,
      replicationFactor: config.KAFKA_REPLICATION_FACTOR,
    }),
  );
  for (const name of Object.values(topicNames(config.TOPIC_PREFIX))) terminal.print(`topic ${name} is in place`);
}
