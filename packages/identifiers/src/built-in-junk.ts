/**
 * Placeholders that forms, scripts and people send where they have no email or phone. They link nobody: two orders
 * with `test@test.com` are not one person. Part of NORM_VERSION; only what is never somebody's own belongs here.
 */
import { isCanonicalEmail, lowerAscii } from "./canonical-email.ts";
import { stripPunctuation } from "./canonical-phone.ts";
import { findPlan } from "./numbering-plans.ts";

/** What programs print for nothing, and what people write. None of them can be an email or a phone. */
const WORDS = new Set([
  ...["null", "(null)", "<null>", "nil", "none", "undefined", "nan", "n/a", "#n/a", "n.a.", "na", "true", "false"],
  ...["[object object]", "unknown", "anonymous", "guest", "not available", "not applicable", "not provided"],
  ...["no email", "no-email", "noemail", "no phone", "no-phone", "nophone"],
]);

/** Only what is as short is held against the words. */
const WORD_LENGTH_MAX = Math.max(...Array.from(WORDS, (word) => word.length));

/** Addresses typed only to satisfy a form. */
const EMAILS = new Set([
  ...["test@test.com", "test@example.com", "example@example.com", "no@email.com", "none@email.com"],
  ...["email@email.com", "no@no.com", "none@none.com", "na@na.com", "unknown@unknown.com"],
  ...["anonymous@anonymous.com", "guest@guest.com", "test@test", "none@none", "null@null"],
]);

/** Local parts that say there is no address, before whatever domain there is. */
const LOCAL_PARTS = new Set(["noemail", "no-email", "no_email", "no.email", "null", "undefined"]);

const JUNK_LOCAL_LENGTH_MAX = Math.max(
  ...Array.from(EMAILS, (email) => email.indexOf("@")),
  ...Array.from(LOCAL_PARTS, (local) => local.length),
);

/** Runs of keys. */
const NUMBERS = new Set(["123456789", "1234567890", "0123456789"]);

/**
 * Nothing but zeros, or another digit ten times or more: `0000000`, `9999999999`. Short runs of another digit are
 * somebody's: `777777` is a taxi in many a town. Longer than a number can be is no number, and so invalid, not junk.
 */
const ONE_DIGIT = /^(?:0{5,15}|([1-9])\1{9,14})$/;

/**
 * True if a value is a placeholder of the built-in list. For canonical values and for texts that have no canonical
 * form; case does not matter.
 */
export function isBuiltInJunk(kind: "email" | "phone", value: string): boolean {
  const lower = /[A-Z]/.test(value) ? lowerAscii(value) : value;
  if (lower.length <= WORD_LENGTH_MAX && WORDS.has(lower)) return true;
  if (kind === "phone") return isPlaceholderNumber(value);
  const at = lower.indexOf("@");
  if (at < 0) return isPlaceholderNumber(value);
  if (at > JUNK_LOCAL_LENGTH_MAX) return false;
  return EMAILS.has(lower) || (LOCAL_PARTS.has(lower.slice(0, at)) && isCanonicalEmail(lower));
}

/** Tests the national number too: `+1 555 555 5555` is as empty as `555 555 5555`. */
function isPlaceholderNumber(text: string): boolean {
  const bare = stripPunctuation(text);
  if (!bare.startsWith("+")) return ONE_DIGIT.test(bare) || NUMBERS.has(bare);
  const digits = bare.slice(1);
  if (ONE_DIGIT.test(digits)) return true;
  const plan = findPlan(digits);
  if (plan === undefined) return false;
  const national = digits.slice(plan.callingCode.length);
  return ONE_DIGIT.test(national) || NUMBERS.has(national);
}
