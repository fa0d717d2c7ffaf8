/** Dead letter → record of `order.identity`, with the same rule for its key as any observation has. */
import { DEAD_LETTER_HEADERS, REDRIVE_HEADERS } from "@kith/contracts";
import { type Canonicalizer, isCanonicalEmail, isCanonicalPhone } from "@kith/identifiers";
import { type OutgoingRecord, partitionOf } from "@kith/kafka";
import { formatPlace } from "./place.ts";
import { canonicalValue, parseQuietly, type Repair } from "./repair.ts";
import type { DeadLetter } from "./sql/read-dead-letters.ts";

export type RedrivePlan = {
  readonly topicId: string;
  readonly partitions: number;
  readonly repair: Repair | undefined;
  readonly canonicalizer: Canonicalizer;
};

/** A text says why there is no record. */
export function redrivenRecord(letter: DeadLetter, plan: RedrivePlan): OutgoingRecord | string {
  const value = redrivenValue(letter, plan);
  if (typeof value === "string") return value;
  const key = value.bytes === null ? undefined : keyOf(value.bytes);
  // A key that is neither canonical nor whole is worth nothing; the partition it led to is kept.
  const old = letter.key_bytes === null ? letter.key : null;
  const partition =
    (key ?? old) === null ? letter.partition % plan.partitions : partitionOf(key ?? old, plan.partitions);
  return { key: key ?? old, value: value.bytes, headers: headersOf(letter, plan.topicId), partition };
}

function redrivenValue(letter: DeadLetter, { repair, canonicalizer }: RedrivePlan): { bytes: Buffer | null } | string {
  if (repair?.kind === "whole") return { bytes: Buffer.from(repair.value) };
  if (letter.raw_bytes !== null) return "only its beginning was kept: give the whole record with --repair";
  if (repair === undefined) return { bytes: letter.raw };
  const repaired = letter.raw === null ? undefined : canonicalValue(letter.raw, canonicalizer);
  return repaired === undefined ? "it cannot be brought into canonical form" : { bytes: Buffer.from(repaired) };
}

/** Canonical email, else canonical phone, else undefined. */
function keyOf(value: Buffer): string | undefined {
  const record = parseQuietly(value);
  if (typeof record !== "object" || record === null) return undefined;
  const { email, phone } = record as Record<string, unknown>;
  if (typeof email === "string" && isCanonicalEmail(email)) return email;
  return typeof phone === "string" && isCanonicalPhone(phone) ? phone : undefined;
}

/** The record's own headers after ours, which are never cut should it become a dead letter again. */
function headersOf(letter: DeadLetter, topicId: string): NonNullable<OutgoingRecord["headers"]> {
  const place = formatPlace({ topicId: letter.topic_id, partition: letter.partition, offset: letter.offset }, topicId);
  // Without a prototype: a header may have any name.
  const headers: Record<string, string | Buffer | (string | Buffer)[]> = Object.create(null);
  headers[REDRIVE_HEADERS.from] = place;
  headers[REDRIVE_HEADERS.attempt] = String(letter.redrives + 1);
  const ours = new Set<string>([...Object.values(REDRIVE_HEADERS), ...Object.values(DEAD_LETTER_HEADERS)]);
  for (const [kept, base64, encoding] of letter.headers) {
    const name = encoding === "base64" ? Buffer.from(kept, "base64").toString("utf8") : kept;
    if (ours.has(name)) continue;
    const value = Buffer.from(base64, "base64");
    const held = headers[name];
    headers[name] = held === undefined ? value : [...(Array.isArray(held) ? held : [held]), value];
  }
  return headers;
}
