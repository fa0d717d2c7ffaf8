/** Topics of its own for each test file, so that files run side by side on one broker. */
import { randomBytes } from "node:crypto";
import { type TopicNames, topicNames } from "@kith/contracts";
import { closeKafka, connectKafka, ensureTopics } from "@kith/kafka";
import { inject } from "vitest";

/** Fresh, empty topics. */
export type TestTopics = {
  /** For TOPIC_PREFIX. */
  readonly prefix: string;
  readonly names: TopicNames;
  /** For GROUP_ID. */
  readonly groupId: string;
  readonly brokers: readonly string[];
};

/** Creates the three topics under a random prefix, on the run's broker or another one. They go with the broker. */
export async function testTopics(brokers: readonly string[] = inject("kafkaBrokers").split(",")): Promise<TestTopics> {
  const id = randomBytes(6).toString("hex");
  const prefix = `test-${id}.`;
  const client = connectKafka({ brokers, clientId: "kith-test" });
  try {
    await ensureTopics(client, { prefix });
  } finally {
    await closeKafka(client);
  }
  return { prefix, names: topicNames(prefix), groupId: `kith-test-${id}`, brokers };
}
