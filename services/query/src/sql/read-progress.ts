/** How far the log has been settled. */
import { defineStatement } from "@kith/database";

export const readDeployment = defineStatement<null, { cluster_id: string | null; topic_id: string | null }>(
  "read-deployment",
  "select cluster_id, topic_id from deployment",
  () => [],
);

/** True in `known` if the topic id is one this deployment has read from before. */
export const isKnownTopic = defineStatement<string, { known: boolean }>(
  "is-known-topic",
  "select exists (select 1 from consumer_offset where topic_id = $1) as known",
  (topicId) => [topicId],
);

export const readDeadLetterCode = defineStatement<
  { topicId: string; partition: number; offset: number },
  { code: string }
>(
  "read-dead-letter-code",
  `select code from dead_letter where topic_id = $1 and partition = $2 and "offset" = $3`,
  ({ topicId, partition, offset }) => [topicId, partition, offset],
);

export const countDeadLetters = defineStatement<null, { code: string; count: number }>(
  "count-dead-letters",
  "select code, count(*) as count from dead_letter group by code order by code",
  () => [],
);

/** Age of the oldest change that is committed and not relayed, in milliseconds; null if all is relayed. */
export const readRelayAge = defineStatement<null, { age_ms: number | null }>(
  "read-relay-age",
  `select (extract(epoch from now() - min(o.at)) * 1000)::bigint as age_ms
   from relay r cross join lateral (
     select at from outbox where xid >= pg_snapshot_xmin(r.cursor) and not pg_visible_in_snapshot(xid, r.cursor)
   ) o`,
  () => [],
);
