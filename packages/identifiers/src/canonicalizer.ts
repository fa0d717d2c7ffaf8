/**
 * From what a request holds to an identifier. Pure: the same input and settings give the same answer for ever, within
 * one NORM_VERSION.
 */
import { isBuiltInJunk } from "./built-in-junk.ts";
import type { Canonical, EmailCanonical, PhoneCanonical } from "./canonical.ts";
import { canonicalEmail } from "./canonical-email.ts";
import { canonicalPhone, type PhoneRules } from "./canonical-phone.ts";
import { compileJunkList, type JunkList, trimSpaces } from "./junk-list.ts";
import { isPhoneRegion } from "./numbering-plans.ts";

/** A deployment's settings. */
export type CanonicalizerOptions = {
  /** Region of numbers without a calling code, ISO 3166-1 alpha-2 in upper case. Unset: they stay local numbers. */
  readonly phoneDefaultRegion?: string | undefined;
  /** Refuse local numbers. */
  readonly phoneStrict?: boolean | undefined;
  /** The deployment's own junk beside the built-in list. */
  readonly junk?: JunkList | undefined;
};

/** Canonicalises whatever a request holds for an identifier; never throws. */
export type Canonicalizer = {
  email(raw: unknown): Canonical<EmailCanonical>;
  phone(raw: unknown): Canonical<PhoneCanonical>;
};

/** A text without canonical form is held against the junk lists only up to this length: patterns may be slow. */
const TEXT_UNITS_MAX = 256;

const ABSENT = { kind: "absent" } as const;
const JUNK = { kind: "junk" } as const;
const WRONG_TYPE = { kind: "invalid", reason: "wrong-type" } as const;

/**
 * Makes the canonicaliser of a deployment.
 *
 * @example
 * const { email, phone } = createCanonicalizer({});
 * email(" McFly@HillValley.edu "); // { kind: "ok", value: "mcfly@hillvalley.edu" }
 * phone("+1 (415) 555-0100"); // { kind: "ok", value: "+14155550100" }
 * phone("N/A"); // { kind: "junk" }
 *
 * @throws {RangeError} if the region is unknown
 * @throws {JunkListError} if the junk list has an entry that cannot be used
 */
export function createCanonicalizer(options: CanonicalizerOptions): Canonicalizer {
  const rules = phoneRules(options);
  const readEmail = (text: string): Canonical<EmailCanonical> => canonicalEmail(text);
  const readPhone = (text: string): Canonical<PhoneCanonical> => canonicalPhone(text, rules);
  const isOwnJunk = options.junk === undefined ? () => false : compileJunkList(options.junk, [readEmail, readPhone]);
  const isJunk = (kind: "email" | "phone", text: string): boolean => isBuiltInJunk(kind, text) || isOwnJunk(kind, text);

  /**
   * Junk comes before validity: a placeholder that is no address is dropped, not refused. Where there is a canonical
   * form that is tested too, so that every spelling of a placeholder is dropped; the deployment's list is held against
   * it alone, so that every spelling of one address gets the same answer.
   */
  function settle<T extends string>(kind: "email" | "phone", text: string, answer: Canonical<T>): Canonical<T> {
    // Most texts come in their canonical form, and are then looked at once.
    if (answer.kind === "ok" && answer.value === text) return isJunk(kind, text) ? JUNK : answer;
    const isShort = text.length <= TEXT_UNITS_MAX;
    if (isShort && isBuiltInJunk(kind, text)) return JUNK;
    if (answer.kind === "ok") return isJunk(kind, answer.value) ? JUNK : answer;
    return isShort && isOwnJunk(kind, text) ? JUNK : answer;
  }

  return {
    email(raw) {
      if (raw === undefined || raw === null) return ABSENT;
      if (typeof raw !== "string") return WRONG_TYPE;
      const text = trimSpaces(raw);
      return text === "" ? ABSENT : settle("email", text, readEmail(text));
    },
    phone(raw) {
      if (raw === undefined || raw === null) return ABSENT;
      const text = typeof raw === "string" ? trimSpaces(raw) : numberText(raw);
      if (text === undefined) return WRONG_TYPE;
      return text === "" ? ABSENT : settle("phone", text, readPhone(text));
    },
  };
}

function phoneRules(options: CanonicalizerOptions): PhoneRules {
  const region = options.phoneDefaultRegion;
  if (region !== undefined && !isPhoneRegion(region)) {
    throw new RangeError("The default region of phones must be an ISO 3166-1 alpha-2 code in upper case");
  }
  return { region, isStrict: options.phoneStrict ?? false };
}

/** The digits of a phone that was sent as a JSON integer. */
function numberText(raw: unknown): string | undefined {
  return typeof raw === "number" && Number.isSafeInteger(raw) && raw >= 0 ? String(raw) : undefined;
}
