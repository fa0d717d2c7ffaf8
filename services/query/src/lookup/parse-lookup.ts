/** A lookup's body → canonical identifiers, receipt and wait. The rules for values are those of the ingress. */
import { KithError } from "@kith/contracts";
import type { Canonicalizer } from "@kith/identifiers";
import { type RequestIdentifiers, readIdentifiers, unknownFields } from "@kith/service-kit";

/** A placeholder is never known. */
export type LookupRequest = RequestIdentifiers & {
  readonly receipt: string | undefined;
  readonly waitMs: number;
};

export const WAIT_MS_MAX = 30_000;
const FIELDS: ReadonlySet<string> = new Set(["email", "phoneNumber", "receipt", "waitMs"]);

/** Throws a KithError that names every field at fault, never a value. `at` is put before field names (`items/3/`). */
export function parseLookup(body: unknown, canonicalizer: Canonicalizer, at = ""): LookupRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new KithError("invalid-body");
  const { receipt, waitMs } = body as Record<string, unknown>;
  const errors = unknownFields(body as Record<string, unknown>, FIELDS, at);
  if (receipt !== undefined && receipt !== null && typeof receipt !== "string") {
    errors.push({ field: `${at}receipt`, code: "invalid-receipt" });
  }
  const isWait =
    waitMs === undefined || waitMs === null || (typeof waitMs === "number" && Number.isFinite(waitMs) && waitMs >= 0);
  if (!isWait) errors.push({ field: `${at}waitMs`, code: "invalid-field" });
  if (errors.length > 0) throw new KithError("invalid-field", { errors });

  return {
    ...readIdentifiers(body as Record<string, unknown>, canonicalizer, at),
    receipt: typeof receipt === "string" ? receipt : undefined,
    waitMs: typeof waitMs === "number" ? Math.min(waitMs, WAIT_MS_MAX) : 0,
  };
}
