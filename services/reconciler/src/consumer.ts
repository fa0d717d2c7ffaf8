/**
 * Log → intake. The only file here that knows how records arrive and where a partition goes on. Positions are the
 * database's: what Kafka's group has committed serves lag tools only.
 */
import type { Database } from "@kith/database";
import {
  type ConsumerFatal,
  consumePartitions,
  type KafkaClient,
  type PartitionConsumer,
  readLogBounds,
} from "@kith/kafka";
import type { Intake } from "./intake.ts";
import type { ReconcilerMeter } from "./metrics.ts";
import { decodeChunk, isAwaited } from "./pipeline.ts";
import { insertStartOffsets, readStartOffsets } from "./reconcile/sql/start-offsets.ts";
import { rememberLostTails } from "./remember-lost-tails.ts";

export type ConsumerDependencies = {
  readonly kafka: KafkaClient;
  readonly db: Database;
  readonly intake: Intake;
  readonly topic: string;
  readonly topicId: string;
  readonly groupId: string;
  readonly onFatal: (reason: ConsumerFatal) => void;
  /** The consumer is a member of its group, with whatever partitions it got. */
  readonly onAssigned: () => void;
  /** Whether records are kept beside the observations they became. */
  readonly keepsRecords: () => boolean;
  readonly meter?: ReconcilerMeter | undefined;
};

// All records of a fetch are decoded at once and stay in memory until they are settled. Small fetches die young; large
// ones are copied by the garbage collector and cost twice the memory.
const FETCH_BYTES_PER_PARTITION = 192 * 1024;

export function createConsumer(dependencies: ConsumerDependencies): PartitionConsumer {
  const { kafka, db, intake, topic, topicId, groupId, onFatal, onAssigned, keepsRecords, meter } = dependencies;
  return consumePartitions(kafka, {
    topic,
    topicId,
    groupId,
    onFatal,
    onAssigned,
    maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,

    async startOffsets(partitions) {
      const known = await readStartOffsets(db, { topicId, partitions });
      const missing = partitions.filter((partition) => !known.some((row) => row.partition === partition));
      if (missing.length > 0) {
        const bounds = await readLogBounds(kafka, topic);
        const offsets = missing.map((partition) => bounds.get(partition)?.start ?? 0);
        await insertStartOffsets(db, { topicId, partitions: missing, offsets });
      }
      const rows = missing.length > 0 ? await readStartOffsets(db, { topicId, partitions }) : known;
      for (const { partition, next_offset, lost_from } of rows) {
        // However far its log has grown since.
        if (lost_from !== null) return { kind: "beyond-log-end", partition, position: next_offset, logEnd: lost_from };
      }
      const positions = new Map(rows.map((row) => [row.partition, row.next_offset]));
      intake.reset(positions);
      meter?.assigned(positions);
      return positions;
    },

    async beforeStopping(reason) {
      if (reason.kind === "beyond-log-end") await rememberLostTails({ kafka, db, topic, topicId }, reason);
    },

    async onChunk(chunk) {
      const { partition, from, to } = chunk;
      meter?.fetched(partition, chunk.logEnd);
      const records = decodeChunk(chunk, keepsRecords());
      await intake.add({ partition, from, to, records, isAwaited: chunk.records.some(isAwaited) });
    },
  });
}
