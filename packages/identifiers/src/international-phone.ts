/**
 * E.164 numbers: what is *possible* by length is accepted, not only what is *valid* today. Validity follows every
 * update of the metadata, and an update must never change an identity.
 */
import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/core";
import metadata from "libphonenumber-js/metadata.min.json";
import type { PhoneCanonical } from "./canonical.ts";
import { findPlan } from "./numbering-plans.ts";

/** E.164 allows no more, calling code included; some plans' own lengths go beyond it. */
const E164_DIGITS_MAX = 15;

/**
 * The canonical form of an international number, given its digits from the calling code on, or undefined.
 * A trunk prefix people wrote (`+44 (0)20 …`) is taken off, as the phone library does.
 */
export function internationalPhone(digits: string): PhoneCanonical | undefined {
  const plan = findPlan(digits);
  if (plan === undefined) return undefined;
  if (digits.length <= E164_DIGITS_MAX) {
    const national = digits.slice(plan.callingCode.length);
    const isPossible = ((plan.lengths >>> national.length) & 1) === 1;
    const prefix = plan.trunkPrefix?.exec(national)?.[0] ?? "";
    // Nothing to take off and possible wherever the code is used: the library would say the same, only slower.
    if (isPossible && prefix === "") return `+${digits}` as PhoneCanonical;
  }
  return internationalByLibrary(digits);
}

/**
 * The same answer for every number, by the library alone. A number from which a second reading would take off still
 * more is refused: its canonical form would not be stable.
 */
export function internationalByLibrary(digits: string): PhoneCanonical | undefined {
  const first = parseInternational(digits);
  if (first === undefined || first.slice(1) === digits) return first;
  return parseInternational(first.slice(1)) === first ? first : undefined;
}

/** The canonical form of a number as it is dialled in a region, if it is valid there. */
export function regionalPhone(digits: string, region: CountryCode): PhoneCanonical | undefined {
  const number = parsePhoneNumberFromString(digits, { defaultCountry: region, extract: false }, metadata);
  if (number === undefined || !number.isValid()) return undefined;
  // Through the same gate as a number that came with its `+`: one address, one form.
  const international = number.number.slice(1);
  const canonical = internationalPhone(international);
  return canonical?.slice(1) === international ? canonical : undefined;
}

function parseInternational(digits: string): PhoneCanonical | undefined {
  const number = parsePhoneNumberFromString(`+${digits}`, { extract: false }, metadata);
  if (number === undefined || !number.isPossible()) return undefined;
  return number.number.length <= E164_DIGITS_MAX + 1 ? (number.number as PhoneCanonical) : undefined;
}
