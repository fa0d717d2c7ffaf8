/**
 * Remembers where the log of a partition was found to end before what was read of it. One row at a time, outside of any
 * batch: nothing else is locked while it waits for a batch of the partition.
 */
import { defineStatement } from "@kith/database";

/**
 * `position` is what was read up to. The offset may still be behind it, since batches under way are settled all the same;
 * a row that is ahead belongs to somebody who has read on. Of several ends the first one counts: more was lost.
 */
export const markLostTail = defineStatement<
  { topicId: string; partition: number; position: number; logEnd: number },
  never
>(
  "mark-lost-tail",
  `update consumer_offset set lost_from = least(lost_from, $4)
   where topic_id = $1 and partition = $2 and next_offset <= $3`,
  ({ topicId, partition, position, logEnd }) => [topicId, partition, position, logEnd],
);
