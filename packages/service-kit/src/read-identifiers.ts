/** The identifiers of a request's body in canonical form, by the rules that every service shares. */
import { type FieldError, KithError } from "@kith/contracts";
import { type Canonicalizer, createCanonicalizer, readJunkFile } from "@kith/identifiers";
import type { z } from "zod";
import type { canonicalEnv } from "./env-pieces.ts";

/** A request's field that holds an identifier. */
export type IdentifierField = "email" | "phoneNumber";

/** What a body said. Both may be undefined where `junk` names a field. */
export type RequestIdentifiers = {
  readonly email: string | undefined;
  readonly phone: string | undefined;
  /** The request fields whose value is a placeholder. */
  readonly junk: readonly IdentifierField[];
};

/** The canonicaliser of a configuration made with {@link canonicalEnv}. Throws where the junk file cannot be used. */
export function toCanonicalizer(config: z.output<z.ZodObject<typeof canonicalEnv>>): Canonicalizer {
  return createCanonicalizer({
    phoneDefaultRegion: config.PHONE_DEFAULT_REGION,
    phoneStrict: config.PHONE_STRICT,
    junk: config.JUNK_FILE === undefined ? undefined : readJunkFile(config.JUNK_FILE),
  });
}

const NO_JUNK: readonly IdentifierField[] = [];

/**
 * Reads `email` and `phoneNumber` of a body. `at` is put before field names: `items/3/` in a batch.
 *
 * @throws {KithError} `invalid-email` or `invalid-phone`, with every field at fault; `no-identifier` if both are absent
 */
export function readIdentifiers(
  body: Readonly<Record<string, unknown>>,
  canonicalizer: Canonicalizer,
  at = "",
): RequestIdentifiers {
  const email = canonicalizer.email(body.email);
  const phone = canonicalizer.phone(body.phoneNumber);
  if (email.kind === "ok" && phone.kind === "ok") return { email: email.value, phone: phone.value, junk: NO_JUNK };
  if (email.kind === "invalid" || phone.kind === "invalid") {
    const errors: FieldError[] = [];
    if (email.kind === "invalid") errors.push({ field: `${at}email`, code: email.reason });
    if (phone.kind === "invalid") errors.push({ field: `${at}phoneNumber`, code: phone.reason });
    throw new KithError(email.kind === "invalid" ? "invalid-email" : "invalid-phone", { errors });
  }
  if (email.kind === "absent" && phone.kind === "absent") throw new KithError("no-identifier");
  const junk: IdentifierField[] = [];
  if (email.kind === "junk") junk.push("email");
  if (phone.kind === "junk") junk.push("phoneNumber");
  return {
    email: email.kind === "ok" ? email.value : undefined,
    phone: phone.kind === "ok" ? phone.value : undefined,
    junk,
  };
}
