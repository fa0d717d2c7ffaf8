/** `kith topics apply`: makes the topics of one deployment, with their settings. */
import { topicNames } from "@kith/contracts";
import { closeKafka, connectKafka, ensureTopics, readClusterId } from "@kith/kafka";
import { type Environment, kafkaEnv, loadConfig, toKafkaSettings, topicEnv, topicLayoutEnv } from "@kith/service-kit";
import { z } from "zod";
import { awaitServer } from "../await-server.ts";
import type { Terminal } from "../terminal.ts";

const configSchema = z.object({
  ...kafkaEnv,
  ...topicEnv,
  ...topicLayoutEnv,
});

/** Waits for Kafka, then creates what is missing. Topics that exist stay as they are; a warning says where they differ. */
export async function applyTopics(env: Environment, terminal: Terminal): Promise<void> {
  const config = loadConfig(configSchema, env);
  let isConnected = false;
  const client = connectKafka({
    ...toKafkaSettings(config, "kith-cli"),
    // While nobody answers the client has a lot to say, and all of it is in the error that ends the wait.
    onLog: ({ level, message, details }) => {
      if (isConnected && level === "warn") terminal.warn(`warning: ${message} ${JSON.stringify(details)}`);
    },
  });
  try {
    await awaitServer({
      name: `Kafka at ${config.KAFKA_BROKERS.join(", ")}`,
      ask: () => readClusterId(client),
      mayComeUp: () => true,
      ...terminal.wait,
      onWait: terminal.warn,
    });
    isConnected = true;
    await ensureTopics(client, {
      prefix: config.TOPIC_PREFIX,
      orderIdentityRetentionMs: config.ORDER_IDENTITY_RETENTION_MS,
      replicationFactor: config.KAFKA_REPLICATION_FACTOR,
    });
  } finally {
    await closeKafka(client);
  }
  for (const name of Object.values(topicNames(config.TOPIC_PREFIX))) terminal.print(`topic ${name} is in place`);
}
