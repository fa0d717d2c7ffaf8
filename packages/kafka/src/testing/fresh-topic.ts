/** A client and topics of one test file on the run's broker. */
import { randomBytes } from "node:crypto";
import { expect, inject } from "vitest";
import { connectKafka, internalsOf, type KafkaClient } from "../kafka-client.ts";
import type { KafkaSettings } from "../kafka-settings.ts";
import { findTopic } from "../topic-id.ts";

export function testClient(settings: Partial<KafkaSettings> = {}): KafkaClient {
  return connectKafka({ brokers: inject("kafkaBrokers").split(","), clientId: "kith-kafka-test", ...settings });
}

/** Creates a topic with a name of its own. */
export async function freshTopic(
  client: KafkaClient,
  options: { readonly partitions?: number; readonly config?: Record<string, string>; readonly name?: string } = {},
): Promise<string> {
  const topic = options.name ?? `test-kafka-${randomBytes(6).toString("hex")}`;
  const { partitions = 3 } = options;
  const configEntries = Object.entries(options.config ?? {}).map(([name, value]) => ({ name, value }));
  await internalsOf(client).admin.ask((admin) =>
    admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
      waitForLeaders: false,
      timeout: 15_000,
    }),
  );
  await expect
    .poll(() => findTopic(client, topic), { timeout: 20_000 })
    .toMatchObject({ partitionsWithLeader: partitions });
  return topic;
}

export function randomGroup(): string {
  return `test-kafka-${randomBytes(6).toString("hex")}`;
}
