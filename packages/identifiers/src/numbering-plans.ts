/**
 * What the phone library knows about each calling code, reduced to what most numbers need: which lengths are possible
 * and how a trunk prefix would begin. Made once, when first needed. The small metadata set is enough: it has the
 * lengths of every plan, and possible lengths are all that an E.164 number is tested for.
 */
import { type CountryCode, type NumberingPlan as LibraryPlan, Metadata } from "libphonenumber-js/core";
import metadata from "libphonenumber-js/metadata.min.json";

/** The numbers behind one calling code. */
export type NumberingPlan = {
  readonly callingCode: string;
  /** Bit n is set if a national number of n digits is possible in every region that shares the code. */
  readonly lengths: number;
  /** Matches where the library might take off a trunk prefix; undefined if it never does. */
  readonly trunkPrefix: RegExp | undefined;
};

/** No calling code is longer. */
const CALLING_CODE_DIGITS_MAX = 3;

let plans: ReadonlyMap<string, NumberingPlan> | undefined;

/** The plan a number belongs to, given its digits from the calling code on; undefined if no calling code begins so. */
export function findPlan(digits: string): NumberingPlan | undefined {
  plans ??= readPlans();
  // No calling code is the beginning of another one: the first that is found is the one.
  for (let length = 1; length <= CALLING_CODE_DIGITS_MAX; length++) {
    const plan = plans.get(digits.slice(0, length));
    if (plan !== undefined) return plan;
  }
  return undefined;
}

/** True if the text is a region the phone library knows (ISO 3166-1 alpha-2, upper case). */
export function isPhoneRegion(text: string): text is CountryCode {
  return Object.hasOwn(metadata.countries, text);
}

function readPlans(): Map<string, NumberingPlan> {
  const found = new Map<string, NumberingPlan>();
  for (const [callingCode, regions] of Object.entries(metadata.country_calling_codes)) {
    // The first region is the main one, whose plan the library uses to take off a trunk prefix.
    const main = readPlan(regions[0]!);
    const lengths = regions.reduce((common, region) => common & lengthBits(readPlan(region)), ~0);
    found.set(callingCode, { callingCode, lengths, trunkPrefix: trunkPrefix(main) });
  }
  for (const callingCode of Object.keys(metadata.nonGeographic)) {
    const plan = readPlan(callingCode);
    found.set(callingCode, { callingCode, lengths: lengthBits(plan), trunkPrefix: trunkPrefix(plan) });
  }
  return found;
}

/** The library's plan object has more than its types say. */
type PlanWithPrefix = LibraryPlan & { nationalPrefixForParsing(): unknown };

function readPlan(regionOrCallingCode: string): PlanWithPrefix {
  const reader = new Metadata(metadata);
  reader.selectNumberingPlan(regionOrCallingCode as CountryCode);
  return reader.numberingPlan as PlanWithPrefix;
}

function lengthBits(plan: LibraryPlan): number {
  return plan.possibleLengths().reduce((bits, length) => bits | (1 << length), 0);
}

function trunkPrefix(plan: PlanWithPrefix): RegExp | undefined {
  const pattern = plan.nationalPrefixForParsing();
  return typeof pattern === "string" && pattern !== "" ? new RegExp(`^(?:${pattern})`) : undefined;
}
