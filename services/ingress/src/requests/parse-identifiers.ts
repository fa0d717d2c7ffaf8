/** The identifiers of an order. What the read side may look up in vain is refused here: an order needs one to go by. */
import { KithError } from "@kith/contracts";
import type { Canonicalizer } from "@kith/identifiers";
import { type IdentifierField, readIdentifiers } from "@kith/service-kit";

/** At least one of `email` and `phone` is there. */
export type Identifiers = {
  readonly email: string | undefined;
  readonly phone: string | undefined;
  /** The request fields whose value is a placeholder and was left out. */
  readonly dropped: readonly IdentifierField[];
};

/** `at` is put before field names: `items/3/` in a batch. Throws as readIdentifiers does, and `only-junk`. */
export function parseIdentifiers(body: Record<string, unknown>, canonicalizer: Canonicalizer, at = ""): Identifiers {
  const { email, phone, junk } = readIdentifiers(body, canonicalizer, at);
  if (email === undefined && phone === undefined) {
    throw new KithError("only-junk", { errors: junk.map((field) => ({ field: at + field, code: "junk" })) });
  }
  return { email, phone, dropped: junk };
}
