/**
 * The canonical form of a phone: `+` and its E.164 number, or, without a calling code, the local number's digits.
 * The characters are checked before the phone library sees a number: it would take letters, extensions and the
 * digits of other scripts.
 */
import type { CountryCode } from "libphonenumber-js/core";
import type { Canonical, PhoneCanonical, RefusalReason } from "./canonical.ts";
import { internationalPhone, regionalPhone } from "./international-phone.ts";

/** How a deployment reads numbers without a calling code. */
export type PhoneRules = {
  readonly region: CountryCode | undefined;
  /** Refuse local numbers. */
  readonly isStrict: boolean;
};

/** Longer texts are refused unread: 15 digits with all their punctuation are far shorter. */
const PHONE_UNITS_MAX = 64;

const LOCAL_DIGITS_MIN = 3;
const LOCAL_DIGITS_MAX = 15;

/** Canonicalises a text without outer spaces. Answers `ok` or `invalid`; junk is another file's business. */
export function canonicalPhone(text: string, rules: PhoneRules): Canonical<PhoneCanonical> {
  if (text.length > PHONE_UNITS_MAX) return refuse("too-long");
  const bare = stripPunctuation(text);
  if (!/^\+?[0-9]*$/.test(bare)) return refuse("forbidden-character");
  // `00` is how `+` is dialled in most of the world. Punctuation never decides: `(00) 1…` and `0 01…` are the same.
  if (bare.startsWith("+")) return international(bare.slice("+".length));
  if (bare.startsWith("00")) return international(bare.slice("00".length));
  if (bare.length < LOCAL_DIGITS_MIN) return refuse("too-short");
  const regional = rules.region === undefined ? undefined : regionalPhone(bare, rules.region);
  if (regional !== undefined) return { kind: "ok", value: regional };
  if (bare.length > LOCAL_DIGITS_MAX) return refuse("too-long");
  return rules.isStrict ? refuse("local-number") : { kind: "ok", value: bare as PhoneCanonical };
}

/** True iff the text is a canonical phone, whatever a deployment's settings and junk. */
export function isCanonicalPhone(value: string): boolean {
  if (value.startsWith("+")) {
    return /^\+[1-9][0-9]{1,14}$/.test(value) && internationalPhone(value.slice(1)) === value;
  }
  return /^(?!00)[0-9]{3,15}$/.test(value);
}

/** Leaves out the punctuation a number may have. */
export function stripPunctuation(text: string): string {
  return text.replace(/[ ().-]+/g, "");
}

function international(digits: string): Canonical<PhoneCanonical> {
  const value = internationalPhone(digits);
  return value === undefined ? refuse("not-international") : { kind: "ok", value };
}

function refuse(reason: RefusalReason): Canonical<PhoneCanonical> {
  return { kind: "invalid", reason };
}
