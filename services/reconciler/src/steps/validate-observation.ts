/**
 * JSON object → observation, or the reason why it can never be one. Values are checked, never changed: a replay under
 * other rules would come to another graph. The codes are tested in the order of DEAD_LETTER_CODES.
 */
import {
  type DeadLetterCode,
  type Observation,
  ORDER_IDENTITY_VERSION,
  observationId,
  orderIdentityRecord,
  SEEN_AT_AHEAD_MS_MAX,
  TEXT_OCTETS_MAX,
} from "@kith/contracts";
import { isBuiltInJunk, isCanonicalEmail, isCanonicalPhone } from "@kith/identifiers";
import { z } from "zod";
import type { StepResult } from "../step-result.ts";
import type { JsonObject } from "./decode-record.ts";

// Ages have a code of their own, so the form does not look at them.
const form = orderIdentityRecord.extend({ eventId: z.string().min(1), seenAt: z.unknown().optional() });

const TEXTS = ["eventId", "orderId", "source", "email", "phone", "occurredAt"] as const;

/** `timestampMs` is the record's own timestamp, which is part of the log: so the answer is the same in every replay. */
export function validateObservation(record: JsonObject, timestampMs: number): StepResult<Observation> {
  if (typeof record.v === "number" && record.v !== ORDER_IDENTITY_VERSION) {
    return refuse("unknown-version", "v is not 1");
  }
  if (!hasPlainForm(record)) {
    const parsed = form.safeParse(record);
    if (!parsed.success) return refuse("schema", `wrong or missing: ${faultyFields(parsed.error)}`);
  }
  const data = record as z.infer<typeof form>;
  const { eventId, orderId, email, phone, seenAt } = data;

  if (email === undefined && phone === undefined) return refuse("no-identifier", "neither email nor phone");
  for (const field of TEXTS) {
    const text = data[field];
    if (text !== undefined && (text.includes("\0") || !text.isWellFormed()))
      return refuse("text", `${field} is not plain text`);
  }
  for (const field of TEXTS) {
    const text = data[field];
    // A UTF-16 unit is at most three octets of UTF-8, so short texts need no count.
    if (text === undefined || text.length * 3 <= TEXT_OCTETS_MAX[field]) continue;
    if (Buffer.byteLength(text) > TEXT_OCTETS_MAX[field]) return refuse("too-long", `${field} is too long`);
  }
  if (email !== undefined && !isCanonicalEmail(email)) return refuse("not-canonical", "email");
  if (phone !== undefined && !isCanonicalPhone(phone)) return refuse("not-canonical", "phone");
  if (email !== undefined && isBuiltInJunk("email", email)) return refuse("junk", "email");
  if (phone !== undefined && isBuiltInJunk("phone", phone)) return refuse("junk", "phone");
  if (!isAge(seenAt)) return refuse("seen-at", "seenAt is not an integer from 0 to 2^53-1");
  if (seenAt > timestampMs * 1000 + SEEN_AT_AHEAD_MS_MAX * 1000)
    return refuse("seen-at", "seenAt is more than an hour past the record");

  return {
    kind: "ok",
    value: {
      obsId: observationId(eventId, email, phone),
      eventId,
      orderId: orderId ?? null,
      email: email ?? null,
      phone: phone ?? null,
      seenAt,
    },
  };
}

/** The form of nearly every record, seen without making a copy of it. Says no where zod has to look. */
function hasPlainForm(record: JsonObject): boolean {
  if (record.v !== ORDER_IDENTITY_VERSION || typeof record.eventId !== "string" || record.eventId === "") return false;
  if (!Number.isSafeInteger(record.normVersion) || record.dropped !== undefined) return false;
  for (const field of TEXTS) {
    const value = record[field];
    if (value !== undefined && typeof value !== "string") return false;
  }
  return true;
}

function isAge(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function refuse(code: DeadLetterCode, reason: string): StepResult<never> {
  return { kind: "dead-letter", code, reason };
}

function faultyFields(error: z.ZodError): string {
  return [...new Set(error.issues.map((issue) => String(issue.path[0] ?? "record")))].join(", ");
}
