/** W. Keeps what can never be applied, as it was. The relay publishes it to the dead-letter topic from here. */
import { bytesArray, defineStatement, numberArray, textArray } from "@kith/database";

export type DeadLetterRow = {
  readonly partition: number;
  readonly offset: number;
  readonly code: string;
  readonly reason: string;
  readonly key: Uint8Array | null;
  readonly raw: Uint8Array | null;
  /** JSON: `[[name, base64], …]`, in the order of the record. */
  readonly headers: string;
};

export const insertDeadLetters = defineStatement<{ topicId: string; rows: readonly DeadLetterRow[] }, never>(
  "insert-dead-letters",
  `insert into dead_letter (topic_id, partition, "offset", code, reason, key, raw, headers)
   select $1::uuid, * from unnest($2::int[], $3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::jsonb[])
   on conflict (topic_id, partition, "offset") do nothing`,
  ({ topicId, rows }) => [
    topicId,
    numberArray(rows.map((row) => row.partition)),
    numberArray(rows.map((row) => row.offset)),
    textArray(rows.map((row) => row.code)),
    textArray(rows.map((row) => row.reason)),
    bytesArray(rows.map((row) => row.key)),
    bytesArray(rows.map((row) => row.raw)),
    textArray(rows.map((row) => row.headers)),
  ],
);
