/** What canonicalising an identifier can come to. Nothing here ever carries a refused value. */

declare const brand: unique symbol;

/** An email in canonical form: `local@domain`, ASCII, lower case, the domain in its punycode form. */
export type EmailCanonical = string & { readonly [brand]: "email" };

/** A phone in canonical form: `+` and an E.164 number, or a local number of 3-15 digits without a leading `00`. */
export type PhoneCanonical = string & { readonly [brand]: "phone" };

/** Why an identifier is refused. A closed set; a reason never contains the value. */
export type RefusalReason =
  | "wrong-type"
  | "too-long"
  | "too-short"
  | "not-well-formed"
  | "forbidden-character"
  | "at-sign"
  | "local-part"
  | "domain"
  | "not-international"
  | "local-number";

/** The answer for one input: its canonical form, nothing given, a placeholder, or a refusal. */
export type Canonical<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "absent" }
  | { readonly kind: "junk" }
  | { readonly kind: "invalid"; readonly reason: RefusalReason };
