/** The body of `/v1/orders`, or one row of a batch, checked and in canonical form. Unknown properties are refused. */
import { type FieldError, KithError, TEXT_OCTETS_MAX } from "@kith/contracts";
import type { Canonicalizer } from "@kith/identifiers";
import { unknownFields } from "@kith/service-kit";
import { isDateTime } from "./is-date-time.ts";
import { type Identifiers, parseIdentifiers } from "./parse-identifiers.ts";

/** An order as the log takes it. Only `/v1/*` knows the texts beside the identifiers. */
export type Order = Identifiers & {
  readonly orderId?: string | undefined;
  readonly occurredAt?: string | undefined;
  readonly source?: string | undefined;
  /** The age in microseconds that an importer gives; everybody else's orders are as old as their arrival. */
  readonly seenAt?: number | undefined;
};

const FIELDS: ReadonlySet<string> = new Set(["eventId", "orderId", "email", "phoneNumber", "occurredAt", "source"]);
const IMPORT_FIELDS: ReadonlySet<string> = new Set([...FIELDS, "seenAt"]);
const TEXT_FIELDS = ["eventId", "orderId", "source"] as const;
const CONTROL = /\p{Cc}/u;
const PLAIN_TEXT = /^[\x20-\x7e]{1,255}$/;

/** `at` is put before field names: `items/3/` in a batch. `seenAt` is refused unless the latest allowed one is given. */
export function parseOrder(
  body: unknown,
  canonicalizer: Canonicalizer,
  at = "",
  latestSeenAt?: number,
): { order: Order; eventId: string | undefined } {
  const fields = asObject(body);
  const errors = fieldErrors(fields, at, latestSeenAt);
  if (errors.length > 0) throw new KithError("invalid-field", { errors });
  const { eventId, orderId, occurredAt, source } = fields as Record<string, string | null | undefined>;
  const seenAt = fields.seenAt as number | null | undefined;
  const { email, phone, dropped } = parseIdentifiers(fields, canonicalizer, at);
  return {
    order: {
      email,
      phone,
      dropped,
      orderId: orderId ?? undefined,
      occurredAt: occurredAt ?? undefined,
      source: source ?? undefined,
      seenAt: seenAt ?? undefined,
    },
    eventId: eventId ?? undefined,
  };
}

/** The body as an object with properties, or `invalid-body`. */
export function asObject(body: unknown): Record<string, unknown> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new KithError("invalid-body");
  return body as Record<string, unknown>;
}

function fieldErrors(fields: Record<string, unknown>, at: string, latestSeenAt: number | undefined): FieldError[] {
  const errors = unknownFields(fields, latestSeenAt === undefined ? FIELDS : IMPORT_FIELDS, at);
  for (const name of TEXT_FIELDS) {
    const code = textError(fields[name]);
    if (code !== undefined) errors.push({ field: at + name, code });
  }
  const { occurredAt } = fields;
  if (occurredAt !== undefined && occurredAt !== null && !isDateTime(occurredAt)) {
    errors.push({ field: `${at}occurredAt`, code: typeof occurredAt === "string" ? "not-rfc3339" : "wrong-type" });
  }
  const ageCode = latestSeenAt === undefined ? undefined : seenAtError(fields.seenAt, latestSeenAt);
  if (ageCode !== undefined) errors.push({ field: `${at}seenAt`, code: ageCode });
  return errors;
}

/** What the reconciler would make a dead letter is refused here, where the importer can be told. */
function seenAtError(value: unknown, latest: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value)) return "wrong-type";
  return value < 0 || value > latest ? "out-of-range" : undefined;
}

function textError(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string") return "wrong-type";
  if (PLAIN_TEXT.test(value)) return undefined;
  if (value === "") return "too-short";
  if (value.length > TEXT_OCTETS_MAX.orderId || Buffer.byteLength(value) > TEXT_OCTETS_MAX.orderId) return "too-long";
  if (!value.isWellFormed()) return "not-well-formed";
  return CONTROL.test(value) ? "forbidden-character" : undefined;
}
