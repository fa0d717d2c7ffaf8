/** A lookup's body → canonical identifiers, receipt and wait. The rules for values are those of the ingress. */
import { type FieldError, KithError } from "@kith/contracts";
import type { Canonical, Canonicalizer } from "@kith/identifiers";

export type LookupRequest = {
  readonly email: string | undefined;
  readonly phone: string | undefined;
  /** Request fields with a placeholder: never known. */
  readonly junk: readonly ("email" | "phoneNumber")[];
  readonly receipt: string | undefined;
  readonly waitMs: number;
};

export const WAIT_MS_MAX = 30_000;
const FIELDS: ReadonlySet<string> = new Set(["email", "phoneNumber", "receipt", "waitMs"]);

/** Throws a KithError that names every field at fault, never a value. `at` is put before field names (`items/3/`). */
export function parseLookup(body: unknown, canonicalizer: Canonicalizer, at = ""): LookupRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new KithError("invalid-body");
  const { email, phoneNumber, receipt, waitMs } = body as Record<string, unknown>;
  const errors: FieldError[] = [];
  for (const field of Object.keys(body))
    if (!FIELDS.has(field)) errors.push({ field: at + field, code: "unknown-field" });
  if (receipt !== undefined && receipt !== null && typeof receipt !== "string") {
    errors.push({ field: `${at}receipt`, code: "invalid-receipt" });
  }
  const isWait =
    waitMs === undefined || waitMs === null || (typeof waitMs === "number" && Number.isFinite(waitMs) && waitMs >= 0);
  if (!isWait) errors.push({ field: `${at}waitMs`, code: "invalid-field" });
  if (errors.length > 0) throw new KithError("invalid-field", { errors });

  const canonicalEmail = canonicalizer.email(email);
  const canonicalPhone = canonicalizer.phone(phoneNumber);
  if (canonicalEmail.kind === "invalid") {
    throw new KithError("invalid-email", { errors: [{ field: `${at}email`, code: canonicalEmail.reason }] });
  }
  if (canonicalPhone.kind === "invalid") {
    throw new KithError("invalid-phone", { errors: [{ field: `${at}phoneNumber`, code: canonicalPhone.reason }] });
  }
  if (canonicalEmail.kind === "absent" && canonicalPhone.kind === "absent") throw new KithError("no-identifier");
  const junk: ("email" | "phoneNumber")[] = [];
  if (canonicalEmail.kind === "junk") junk.push("email");
  if (canonicalPhone.kind === "junk") junk.push("phoneNumber");
  return {
    email: textOf(canonicalEmail),
    phone: textOf(canonicalPhone),
    junk,
    receipt: typeof receipt === "string" ? receipt : undefined,
    waitMs: typeof waitMs === "number" ? Math.min(waitMs, WAIT_MS_MAX) : 0,
  };
}

function textOf(canonical: Canonical<string>): string | undefined {
  return canonical.kind === "ok" ? canonical.value : undefined;
}
