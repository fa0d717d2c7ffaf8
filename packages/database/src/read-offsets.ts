/** How far the log has been settled. */
import { defineStatement } from "./statement.ts";

/** By topic id: where each partition that was ever read goes on. */
export const readOffsets = defineStatement<string, { partition: number; next_offset: number }>(
  "read-offsets",
  "select partition, next_offset from consumer_offset where topic_id = $1 order by partition",
  (topicId) => [topicId],
);
