/** What an administrator may do to a topic behind Kith's back. */
import { internalsOf, type KafkaClient } from "../kafka-client.ts";

/** Raises the number of a topic's partitions. */
export async function addPartitions(client: KafkaClient, topic: string, count: number): Promise<void> {
  await internalsOf(client).admin.ask((admin) =>
    admin.createPartitions({ topicPartitions: [{ topic, count }], timeout: 15_000, validateOnly: false }),
  );
}

/** Deletes the records of a partition before an offset, as retention does. */
export async function cutLog(client: KafkaClient, topic: string, partition: number, before: number): Promise<void> {
  await internalsOf(client).admin.ask(async (admin) => {
    // KafkaJS asks for what it knows of the topic, and here it knows nothing before that.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] });
  });
}

/** Deletes a topic; it may be there for a moment longer. */
export async function deleteTopic(client: KafkaClient, topic: string): Promise<void> {
  await internalsOf(client).admin.ask((admin) => admin.deleteTopics({ topics: [topic], timeout: 15_000 }));
}
