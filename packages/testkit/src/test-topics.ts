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

/** Creates the three topics under a random prefix. They go with the run's broker. */
export async function testTopics(): Promise<TestTopics> {
  const brokers = inject("kafkaBrokers").split(",");
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
