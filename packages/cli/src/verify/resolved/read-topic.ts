/** All records that a topic holds when reading begins, a chunk at a time: the next one is fetched when this one is done. */
import { randomUUID } from "node:crypto";
import {
  consumePartitions,
  describeTopic,
  type IncomingRecord,
  type KafkaClient,
  type RecordChunk,
  readLogBounds,
} from "@kith/kafka";
import { CliError, EXIT } from "../../exit-codes.ts";

/** A record with its partition. */
export type PlacedRecord = Pick<IncomingRecord, "offset" | "key" | "value"> & { readonly partition: number };

/** Gives `onRecords` some records at a time, those of one partition in order, and waits for it. */
export type ReadRecords = (onRecords: (records: readonly PlacedRecord[]) => Promise<void>) => Promise<void>;

/** Reads `topic` from its first record to where it ends now. */
export function topicReader(kafka: KafkaClient, topic: string): ReadRecords {
  return async (onRecords) => {
    const found = await describeTopic(kafka, topic);
    if (found === undefined) throw new CliError(EXIT.failed, `there is no topic ${topic}`);
    const bounds = await readLogBounds(kafka, topic);
    const positions = new Map([...bounds].map(([partition, { start }]) => [partition, start]));
    const unread = new Map([...bounds].filter(([, { start, end }]) => end > start).map(([p, { end }]) => [p, end]));
    if (unread.size === 0) return;
    const read = Promise.withResolvers<void>();
    let turn = Promise.resolve();

    async function take({ partition, from, to, records }: RecordChunk): Promise<void> {
      const end = unread.get(partition);
      // One that was under way when the partitions were assigned anew comes again.
      if (end === undefined || positions.get(partition) !== from) return;
      await onRecords(
        records
          .filter(({ offset }) => offset < end)
          .map(({ offset, key, value }) => ({ partition, offset, key, value })),
      );
      positions.set(partition, to);
      if (to >= end) unread.delete(partition);
      if (unread.size === 0) read.resolve();
    }

    const consumer = consumePartitions(kafka, {
      topic,
      topicId: found.topicId,
      groupId: `kith-verify-${randomUUID()}`,
      startOffsets: async () => positions,
      onChunk(chunk) {
        // Partitions come side by side; `onRecords` takes one chunk at a time. What fails there ends the reading.
        turn = turn.then(() => take(chunk)).catch(read.reject);
        return turn;
      },
      onFatal: (reason) => read.reject(new Error(`${topic} could not be read: ${reason.kind}`)),
    });
    await consumer.start();
    try {
      await read.promise;
    } finally {
      await consumer.stop();
    }
  };
}
