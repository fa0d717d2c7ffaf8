/** Row of `dead_letter` → record of the dead-letter topic: the record as it is kept, plus why and where it lay. */
import { DEAD_LETTER_HEADERS } from "@kith/contracts";
import type { OutgoingRecord } from "@kith/kafka";
import type { UnpublishedDeadLetter } from "./sql/dead-letters.ts";

type Headers = Record<string, Buffer | string | (Buffer | string)[]>;

export function buildDeadLetterRecord(
  row: UnpublishedDeadLetter,
  to: { topic: string; partitions: number },
): OutgoingRecord {
  // Without a prototype: a header may have any name.
  const headers: Headers = Object.create(null);
  for (const [name, value, encoding] of row.headers) {
    addHeader(headers, encoding === "base64" ? fromBase64(name).toString("utf8") : name, fromBase64(value));
  }
  // Ours mean what they say, also where the record had some of the same name.
  for (const name of Object.values(DEAD_LETTER_HEADERS)) delete headers[name];
  headers[DEAD_LETTER_HEADERS.code] = row.code;
  headers[DEAD_LETTER_HEADERS.reason] = row.reason;
  headers[DEAD_LETTER_HEADERS.topic] = to.topic;
  headers[DEAD_LETTER_HEADERS.partition] = String(row.partition);
  headers[DEAD_LETTER_HEADERS.offset] = String(row.offset);
  if (row.raw_bytes !== null) headers[DEAD_LETTER_HEADERS.valueBytes] = String(row.raw_bytes);
  if (row.raw_sha256 !== null) headers[DEAD_LETTER_HEADERS.valueSha256] = row.raw_sha256.toString("hex");
  if (row.key_bytes !== null) headers[DEAD_LETTER_HEADERS.keyBytes] = String(row.key_bytes);
  if (row.headers_bytes !== null) headers[DEAD_LETTER_HEADERS.headersBytes] = String(row.headers_bytes);
  return { key: row.key, value: row.raw, headers, partition: row.partition % to.partitions };
}

function addHeader(headers: Headers, name: string, value: Buffer): void {
  const held = headers[name];
  if (held === undefined) headers[name] = value;
  else if (Array.isArray(held)) held.push(value);
  else headers[name] = [held, value];
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, "base64");
}
