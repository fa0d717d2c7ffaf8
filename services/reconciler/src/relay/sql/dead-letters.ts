/** Dead letters that the dead-letter topic has not got yet. The table is the truth, the topic a copy of it. */
import { defineStatement, numberArray } from "@kith/database";

export type UnpublishedDeadLetter = {
  topic_id: string;
  partition: number;
  offset: number;
  code: string;
  reason: string;
  key: Buffer | null;
  raw: Buffer | null;
  headers: [string, string][];
};

export const readUnpublishedDeadLetters = defineStatement<number, UnpublishedDeadLetter>(
  "read-unpublished-dead-letters",
  `select topic_id, partition, "offset", code, reason, key, raw, headers from dead_letter
   where published_at is null order by topic_id, partition, "offset" limit $1`,
  (limit) => [limit],
);

export const markDeadLettersPublished = defineStatement<readonly UnpublishedDeadLetter[], never>(
  "mark-dead-letters-published",
  `update dead_letter d set published_at = now()
   from unnest($1::uuid[], $2::int[], $3::bigint[]) as q(topic_id, partition, "offset")
   where d.topic_id = q.topic_id and d.partition = q.partition and d."offset" = q."offset"`,
  (rows) => [
    `{${rows.map((row) => row.topic_id).join(",")}}`,
    numberArray(rows.map((row) => row.partition)),
    numberArray(rows.map((row) => row.offset)),
  ],
);
