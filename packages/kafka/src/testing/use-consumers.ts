/**
 * A publisher and consumers for the tests of one file, and what those tests ask of the records: numbers, published over
 * the partitions in turn.
 */
import { afterAll, afterEach, expect } from "vitest";
import type { ConsumeOptions, PartitionConsumer } from "../consume-partitions.ts";
import { createPublisher, type Publisher } from "../create-publisher.ts";
import { closeKafka, type KafkaClient } from "../kafka-client.ts";
import { testClient } from "./fresh-topic.ts";
import { type PositionStore, startConsumer } from "./position-store.ts";

/** As many as a fresh topic has. */
export const PARTITIONS = 3;

/** What the tests of one file work with. */
export type Consumers = {
  readonly client: KafkaClient;
  readonly publisher: Publisher;
  /** What Node has warned of so far. */
  readonly warnings: readonly string[];
  /** A started consumer that applies to the store and is stopped after the test. */
  consume(
    store: PositionStore,
    options: Pick<ConsumeOptions, "topic" | "groupId"> & Partial<ConsumeOptions>,
  ): Promise<PartitionConsumer>;
  /** Publishes the values `from` to below `to`, spread over the partitions in turn. */
  publishNumbers(topic: string, from: number, to: number): Promise<void>;
};

/** Registers the hooks of the file. Whatever its tests look for, it fails if Node had something to warn of. */
export function useConsumers(): Consumers {
  const warnings: string[] = [];
  process.on("warning", (warning) => warnings.push(warning.name));

  const client = testClient();
  const publisher = createPublisher(client, { deadlineMs: 20_000 });
  const consumers: PartitionConsumer[] = [];
  afterEach(() => Promise.all(consumers.splice(0).map((consumer) => consumer.stop())));
  afterAll(async () => {
    await publisher.close();
    await closeKafka(client);
    expect(warnings).toEqual([]);
  });

  return {
    client,
    publisher,
    warnings,
    async consume(store, options) {
      const consumer = await startConsumer(client, store, options);
      consumers.push(consumer);
      return consumer;
    },
    async publishNumbers(topic, from, to) {
      const records = Array.from({ length: to - from }, (_, index) => ({
        key: `${from + index}`,
        value: `${from + index}`,
        partition: (from + index) % PARTITIONS,
      }));
      await publisher.publish(topic, records);
    },
  };
}

export function inNumericalOrder(values: readonly string[]): string[] {
  return [...values].sort((a, b) => Number(a) - Number(b));
}

/** Waits until the numbers below `to` were applied, each once. */
export async function expectNumbers(store: PositionStore, to: number): Promise<void> {
  await expect.poll(() => store.applied.length).toBeGreaterThanOrEqual(to);
  expect(inNumericalOrder(store.values())).toEqual(Array.from({ length: to }, (_, index) => `${index}`));
}

/** Chunks of each partition follow one another without a gap, and their records lie inside. */
export function expectContiguous(store: PositionStore): void {
  const next = new Map<number, number>();
  for (const { partition, from, to, records } of store.chunks) {
    if (next.has(partition)) expect(from).toBe(next.get(partition));
    next.set(partition, to);
    expect(to).toBeGreaterThan(from);
    for (const { offset } of records) {
      expect(offset).toBeGreaterThanOrEqual(from);
      expect(offset).toBeLessThan(to);
    }
  }
}
