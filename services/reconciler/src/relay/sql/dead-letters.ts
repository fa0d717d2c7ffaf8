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
  /** See insert-dead-letters.ts. */
  headers: [name: string, value: string, encoding?: "base64"][];
  key_bytes: number | null;
  raw_bytes: number | null;
  raw_sha256: Buffer | null;
  headers_bytes: number | null;
};

// Letters may be as large as a record may be: beyond the first one, no more than these bytes are held at a time.
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/** The next ones, `limit` at the most. */
export const readUnpublishedDeadLetters = defineStatement<number, UnpublishedDeadLetter>(
  "read-unpublished-dead-letters",
  `select topic_id, partition, "offset", code, reason, key, raw, headers, key_bytes, raw_bytes, raw_sha256, headers_bytes
   from (
     select *, sum(coalesce(octet_length(raw), 0)) over (order by topic_id, partition, "offset") as bytes,
       row_number() over (order by topic_id, partition, "offset") as position
     from (
       select * from dead_letter where published_at is null order by topic_id, partition, "offset" limit $1
     ) d
   ) page
   where bytes <= ${PAGE_BYTES_MAX} or position = 1
   order by topic_id, partition, "offset"`,
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
