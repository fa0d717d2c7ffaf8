/** Records in a transaction that is committed or aborted, as other publishers may write them; Kith itself never does. */
import { randomBytes } from "node:crypto";
import { internalsOf, type KafkaClient } from "../kafka-client.ts";

/** Publishes the values to one partition and ends the transaction. Its marker takes an offset as well. */
export async function publishTransaction(
  client: KafkaClient,
  options: {
    readonly topic: string;
    readonly partition: number;
    readonly values: readonly string[];
    readonly outcome: "commit" | "abort";
  },
): Promise<void> {
  const { topic, partition, values, outcome } = options;
  const link = internalsOf(client).openLink({ retries: 10 });
  const producer = link.kafka.producer({
    transactionalId: `test-${randomBytes(6).toString("hex")}`,
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: () => () => partition,
  });
  try {
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: values.map((value) => ({ value })) });
    await transaction[outcome]();
    await producer.disconnect();
  } finally {
    link.cut();
  }
}
