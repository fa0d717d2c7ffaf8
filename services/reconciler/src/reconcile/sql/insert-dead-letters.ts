/** W. Keeps what can never be applied, as it was. The relay publishes it to the dead-letter topic from here. */
import { bytesArray, defineStatement, numberArray, textArray } from "@kith/database";

export type DeadLetterRow = {
  readonly partition: number;
  readonly offset: number;
  readonly code: string;
  readonly reason: string;
  readonly key: Uint8Array | null;
  readonly raw: Uint8Array | null;
  /** JSON: `[[name, base64], …]`, in the order of the record; `[base64, base64, "base64"]` for a name that jsonb refuses. */
  readonly headers: string;
  /** Where only the beginning is kept: the size of the whole, and the hash of the whole value. */
  readonly keyBytes: number | null;
  readonly rawBytes: number | null;
  readonly rawSha256: Uint8Array | null;
  readonly headersBytes: number | null;
  /** The place of the dead letter that this record was redriven from. */
  readonly redrivenFrom: string | null;
};

export const insertDeadLetters = defineStatement<{ topicId: string; rows: readonly DeadLetterRow[] }, never>(
  "insert-dead-letters",
  `insert into dead_letter (topic_id, partition, "offset", code, reason, key, raw, headers,
     key_bytes, raw_bytes, raw_sha256, headers_bytes, redriven_from)
   select $1::uuid, * from unnest($2::int[], $3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::jsonb[],
     $9::int[], $10::int[], $11::bytea[], $12::int[], $13::text[])
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
    sizeArray(rows.map((row) => row.keyBytes)),
    sizeArray(rows.map((row) => row.rawBytes)),
    bytesArray(rows.map((row) => row.rawSha256)),
    sizeArray(rows.map((row) => row.headersBytes)),
    textArray(rows.map((row) => row.redrivenFrom)),
  ],
);

function sizeArray(sizes: readonly (number | null)[]): string {
  return textArray(sizes.map((size) => (size === null ? null : String(size))));
}
