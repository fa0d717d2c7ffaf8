/** What an administrator may do to a topic behind Kith's back. */
import { internalsOf, type KafkaClient } from "../kafka-client.ts";
import { describeTopic } from "../topic-id.ts";

const LOOK_MS = 50;
const LOOKS_MAX = 400;

/** Raises the number of a topic's partitions, and waits until the brokers know of it. */
export async function addPartitions(client: KafkaClient, topic: string, count: number): Promise<void> {
  await internalsOf(client).admin.ask((admin) =>
    admin.createPartitions({ topicPartitions: [{ topic, count }], timeout: 15_000, validateOnly: false }),
  );
  for (let looks = 0; (await describeTopic(client, topic))?.partitions !== count; looks++) {
    if (looks === LOOKS_MAX) throw new Error("the partitions that were added did not appear");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Deletes the records of a partition before an offset, as retention does. */
export async function cutLog(client: KafkaClient, topic: string, partition: number, before: number): Promise<void> {
  await internalsOf(client).admin.ask(async (admin) => {
    // KafkaJS asks for what it knows of the topic, and here it knows nothing before that.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] });
  });
}

/** Deletes topics; they may be there for a moment longer. */
export async function deleteTopics(client: KafkaClient, topics: readonly string[]): Promise<void> {
  await internalsOf(client).admin.ask((admin) => admin.deleteTopics({ topics: [...topics], timeout: 15_000 }));
}
