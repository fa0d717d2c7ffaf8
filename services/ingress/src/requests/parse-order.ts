/** The body of `/v1/orders`, or one row of a batch, checked and in canonical form. Unknown properties are refused. */
import { type FieldError, KithError, TEXT_OCTETS_MAX } from "@kith/contracts";
import type { Canonicalizer } from "@kith/identifiers";
import { isDateTime } from "./is-date-time.ts";
import { type Identifiers, parseIdentifiers } from "./parse-identifiers.ts";

/** An order as the log takes it. Only `/v1/*` knows the texts beside the identifiers. */
export type Order = Identifiers & {
  readonly orderId?: string | undefined;
  readonly occurredAt?: string | undefined;
  readonly source?: string | undefined;
};

const FIELDS: ReadonlySet<string> = new Set(["eventId", "orderId", "email", "phoneNumber", "occurredAt", "source"]);
const TEXT_FIELDS = ["eventId", "orderId", "source"] as const;
const CONTROL = /\p{Cc}/u;
const PLAIN_TEXT = /^[\x20-\x7e]{1,255}$/;
/** A property's name is told back only if it cannot be a value that was put in the wrong place. */
const TELLABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,39}$/;
const ERRORS_MAX = 16;

/** `at` is put before field names: `items/3/` in a batch. */
export function parseOrder(
  body: unknown,
  canonicalizer: Canonicalizer,
  at = "",
): { order: Order; eventId: string | undefined } {
  const fields = asObject(body);
  const errors = fieldErrors(fields, at);
  if (errors.length > 0) throw new KithError("invalid-field", { errors });
  const { eventId, orderId, occurredAt, source } = fields as Record<string, string | null | undefined>;
  const { email, phone, dropped } = parseIdentifiers(fields, canonicalizer, at);
  return {
    order: {
      email,
      phone,
      dropped,
      orderId: orderId ?? undefined,
      occurredAt: occurredAt ?? undefined,
      source: source ?? undefined,
    },
    eventId: eventId ?? undefined,
  };
}

/** The body as an object with properties, or `invalid-body`. */
export function asObject(body: unknown): Record<string, unknown> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new KithError("invalid-body");
  return body as Record<string, unknown>;
}

function fieldErrors(fields: Record<string, unknown>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name in fields) {
    if (FIELDS.has(name) || errors.length >= ERRORS_MAX) continue;
    errors.push({ field: at + (TELLABLE_NAME.test(name) ? name : "?"), code: "unknown-field" });
  }
  for (const name of TEXT_FIELDS) {
    const code = textError(fields[name]);
    if (code !== undefined) errors.push({ field: at + name, code });
  }
  const { occurredAt } = fields;
  if (occurredAt !== undefined && occurredAt !== null && !isDateTime(occurredAt)) {
    errors.push({ field: `${at}occurredAt`, code: typeof occurredAt === "string" ? "not-rfc3339" : "wrong-type" });
  }
  return errors;
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
