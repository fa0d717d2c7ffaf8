/** All records of a topic, for whoever wants to look on: each follower sees every partition and commits nothing. */
import { randomUUID } from "node:crypto";
import { readPartitions } from "./consume-partitions.ts";
import type { ConsumerFatal } from "./consumer-fatal.ts";
import type { IncomingRecord } from "./incoming-record.ts";
import type { KafkaClient } from "./kafka-client.ts";
import { readLogBounds } from "./read-log-bounds.ts";

/** What to follow. */
export type FollowOptions = {
  readonly topic: string;
  /** True: everything the log still has. False: what is published after the promise has resolved. */
  readonly fromBeginning: boolean;
  /** How the follower's group is called in Kafka's tools; a random part is appended, so that no two share partitions. */
  readonly groupId?: string;
  /** Records of one partition come in order. */
  onRecord(record: IncomingRecord & { readonly partition: number }): void;
  /** The follower has stopped for good; without this it is thrown as an uncaught error. */
  onFatal?(reason: ConsumerFatal): void;
};

/**
 * Resolves when the first assignment is positioned; goes on by itself when brokers went away and came back.
 *
 * @example
 * const follower = await followTopic(kafka, { topic: "identity.resolved", fromBeginning: true, onRecord: console.log });
 * await follower.stop();
 */
export async function followTopic(client: KafkaClient, options: FollowOptions): Promise<{ stop(): Promise<void> }> {
  const { topic, fromBeginning, groupId = "kith-follower", onRecord, onFatal = throwUncaught } = options;
  const positions = new Map<number, number>();
  const positioned = Promise.withResolvers<void>();
  let isFirst = true;

  const reader = readPartitions(client, {
    topic,
    groupId: `${groupId}-${randomUUID()}`,
    inspectLog: () => readLogBounds(client, topic),

    async startOffsets(partitions) {
      const bounds = await readLogBounds(client, topic);
      for (const partition of partitions) {
        const log = bounds.get(partition);
        if (log === undefined || positions.has(partition)) continue;
        // A partition added later is new from its beginning.
        positions.set(partition, fromBeginning || !isFirst ? log.start : log.end);
      }
      isFirst = false;
      return positions;
    },

    // Nothing is promised about records that were deleted before they were seen, or about a log that was replaced.
    onOutside: (_, position, { start, end }) => (position < start ? start : end),
    onPositioned: () => positioned.resolve(),
    async onChunk({ partition, to, records }) {
      for (const { offset, timestampMs, key, value, headers } of records) {
        onRecord({ offset, timestampMs, key, value, headers, partition });
      }
      positions.set(partition, to);
    },
    onFatal(reason) {
      positioned.reject(
        new Error(`the follower stopped: ${reason.kind}`, "error" in reason ? { cause: reason.error } : {}),
      );
      onFatal(reason);
    },
  });
  await reader.start();
  await positioned.promise;
  return { stop: () => reader.stop() };
}

function throwUncaught(reason: ConsumerFatal): void {
  queueMicrotask(() => {
    throw new Error(`a follower stopped: ${reason.kind}`, "error" in reason ? { cause: reason.error } : {});
  });
}
