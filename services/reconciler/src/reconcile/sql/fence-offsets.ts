/**
 * L1. Locks the offsets of the batch's partitions in partition order and reads where each goes on. Of two owners of a
 * partition one waits here and then finds that its records are behind.
 */
import { defineStatement, epochMs, numberArray } from "@kith/database";

/** `now_ms` is the time of the transaction, milliseconds since 1970. */
export const fenceOffsets = defineStatement<
  { topicId: string; partitions: readonly number[] },
  { partition: number; next_offset: number; generation: number; now_ms: number }
>(
  "fence-offsets",
  `select o.partition, o.next_offset, (select generation from deployment) as generation,
     ${epochMs("now()")} as now_ms
   from consumer_offset o
   where o.topic_id = $1 and o.partition = any($2::int[])
   order by o.partition
   for update of o`,
  ({ topicId, partitions }) => [topicId, numberArray(partitions)],
);
