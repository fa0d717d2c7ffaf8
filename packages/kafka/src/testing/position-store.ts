/**
 * Stands for the reconciler's database: positions and applied records change together, and a chunk that does not follow
 * on the position is not applied (the fence), as after a rebalance.
 */
import { type ConsumeOptions, consumePartitions, type PartitionConsumer } from "../consume-partitions.ts";
import type { ConsumerFatal } from "../consumer-fatal.ts";
import type { IncomingRecord, RecordChunk } from "../incoming-record.ts";
import type { KafkaClient } from "../kafka-client.ts";

export type PositionStore = {
  readonly positions: Map<number, number>;
  readonly applied: (IncomingRecord & { readonly partition: number })[];
  /** Chunks of each kind, in the order they came. */
  readonly chunks: RecordChunk[];
  readonly fenced: RecordChunk[];
  readonly fatals: ConsumerFatal[];
  readonly assignments: (readonly number[])[];
  apply(chunk: RecordChunk): void;
  values(): string[];
};

export function createPositionStore(start: Iterable<[number, number]> = []): PositionStore {
  const positions = new Map(start);
  const store: PositionStore = {
    positions,
    applied: [],
    chunks: [],
    fenced: [],
    fatals: [],
    assignments: [],
    apply(chunk) {
      const { partition, from, to, records } = chunk;
      const position = positions.get(partition) ?? from;
      if (position !== from) {
        store.fenced.push(chunk);
        return;
      }
      store.chunks.push(chunk);
      for (const { offset, timestampMs, key, value, headers } of records) {
        store.applied.push({ offset, timestampMs, key, value, headers, partition });
      }
      positions.set(partition, to);
    },
    values: () => store.applied.map(({ value }) => String(value)),
  };
  return store;
}

/** A started consumer that applies to the store. */
export async function startConsumer(
  client: KafkaClient,
  store: PositionStore,
  options: Pick<ConsumeOptions, "topic" | "groupId"> & Partial<ConsumeOptions>,
): Promise<PartitionConsumer> {
  const consumer = consumePartitions(client, {
    startOffsets: async (partitions) =>
      new Map([...store.positions].filter(([partition]) => partitions.includes(partition))),
    onAssigned: (partitions) => void store.assignments.push(partitions),
    onChunk: async (chunk) => store.apply(chunk),
    onFatal: (reason) => void store.fatals.push(reason),
    ...options,
  });
  await consumer.start();
  return consumer;
}
