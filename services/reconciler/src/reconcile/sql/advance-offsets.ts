/**
 * W, last. Moves the offsets on by compare-and-set, and tells those who wait for this commit how far it goes. One
 * notification per batch: PostgreSQL takes a database-wide lock at commit for it, and folds the equal ones of a
 * transaction into one.
 */
import { defineStatement, describeCommit, numberArray } from "@kith/database";

export type OffsetAdvance = { readonly partition: number; readonly from: number; readonly to: number };

/** Returns the partitions that moved: the caller asserts that it is all of them. */
export const advanceOffsets = defineStatement<
  { topicId: string; channel: string; advances: readonly OffsetAdvance[] },
  { partition: number }
>(
  "advance-offsets",
  `with moved as (
     update consumer_offset o set next_offset = q.next_offset
     from unnest($2::int[], $3::bigint[], $4::bigint[]) as q(partition, expected, next_offset)
     where o.topic_id = $1 and o.partition = q.partition and o.next_offset = q.expected
     returning o.partition
   )
   select partition, pg_notify($5, $6) from moved`,
  ({ topicId, channel, advances }) => [
    topicId,
    numberArray(advances.map((advance) => advance.partition)),
    numberArray(advances.map((advance) => advance.from)),
    numberArray(advances.map((advance) => advance.to)),
    channel,
    describeCommit(topicId, advances),
  ],
);
