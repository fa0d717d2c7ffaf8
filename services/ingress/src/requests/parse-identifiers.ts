/** The identifiers of a request in canonical form. Errors name fields, never values. */
import { type FieldError, KithError } from "@kith/contracts";
import type { Canonicalizer } from "@kith/identifiers";

/** At least one of `email` and `phone` is there. */
export type Identifiers = {
  readonly email: string | undefined;
  readonly phone: string | undefined;
  /** The request fields whose value is a placeholder and was left out. */
  readonly dropped: readonly ("email" | "phoneNumber")[];
};

const NONE_DROPPED: readonly ("email" | "phoneNumber")[] = [];

/** `at` is put before field names: `items/3/` in a batch. */
export function parseIdentifiers(body: Record<string, unknown>, canonicalizer: Canonicalizer, at = ""): Identifiers {
  const email = canonicalizer.email(body.email);
  const phone = canonicalizer.phone(body.phoneNumber);
  if (email.kind === "invalid" || phone.kind === "invalid") {
    const errors: FieldError[] = [];
    if (email.kind === "invalid") errors.push({ field: `${at}email`, code: email.reason });
    if (phone.kind === "invalid") errors.push({ field: `${at}phoneNumber`, code: phone.reason });
    throw new KithError(email.kind === "invalid" ? "invalid-email" : "invalid-phone", { errors });
  }
  if (email.kind === "ok" && phone.kind === "ok") {
    return { email: email.value, phone: phone.value, dropped: NONE_DROPPED };
  }
  const dropped: ("email" | "phoneNumber")[] = [];
  if (email.kind === "junk") dropped.push("email");
  if (phone.kind === "junk") dropped.push("phoneNumber");
  if (email.kind !== "ok" && phone.kind !== "ok") {
    if (dropped.length === 0) throw new KithError("no-identifier");
    throw new KithError("only-junk", { errors: dropped.map((field) => ({ field: at + field, code: "junk" })) });
  }
  return {
    email: email.kind === "ok" ? email.value : undefined,
    phone: phone.kind === "ok" ? phone.value : undefined,
    dropped,
  };
}
