/** Row of `dead_letter` → record of the dead-letter topic: the record as it was, plus why and where it lay. */
import { DEAD_LETTER_HEADERS } from "@kith/contracts";
import type { OutgoingRecord } from "@kith/kafka";
import type { UnpublishedDeadLetter } from "./sql/dead-letters.ts";

export function buildDeadLetterRecord(
  row: UnpublishedDeadLetter,
  to: { topic: string; partitions: number },
): OutgoingRecord {
  const headers: Record<string, Buffer | string | (Buffer | string)[]> = {};
  for (const [name, base64] of row.headers) {
    const value = Buffer.from(base64, "base64");
    const held = headers[name];
    headers[name] = held === undefined ? value : [...(Array.isArray(held) ? held : [held]), value];
  }
  headers[DEAD_LETTER_HEADERS.code] = row.code;
  headers[DEAD_LETTER_HEADERS.reason] = row.reason;
  headers[DEAD_LETTER_HEADERS.topic] = to.topic;
  headers[DEAD_LETTER_HEADERS.partition] = String(row.partition);
  headers[DEAD_LETTER_HEADERS.offset] = String(row.offset);
  return { key: row.key, value: row.raw, headers, partition: row.partition % to.partitions };
}
