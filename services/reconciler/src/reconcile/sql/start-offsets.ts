/**
 * Where each partition goes on. A partition never seen starts at the beginning of its log; one that lost its tail does
 * not go on until an operator has said where.
 */
import { defineStatement, numberArray } from "@kith/database";

export const insertStartOffsets = defineStatement<
  { topicId: string; partitions: readonly number[]; offsets: readonly number[] },
  never
>(
  "insert-start-offsets",
  `insert into consumer_offset (topic_id, partition, next_offset)
   select $1::uuid, * from unnest($2::int[], $3::bigint[]) as q(partition, next_offset) order by partition
   on conflict (topic_id, partition) do nothing`,
  ({ topicId, partitions, offsets }) => [topicId, numberArray(partitions), numberArray(offsets)],
);

export const readStartOffsets = defineStatement<
  { topicId: string; partitions: readonly number[] },
  { partition: number; next_offset: number; lost_from: number | null }
>(
  "read-start-offsets",
  "select partition, next_offset, lost_from from consumer_offset where topic_id = $1 and partition = any($2::int[])",
  ({ topicId, partitions }) => [topicId, numberArray(partitions)],
);
