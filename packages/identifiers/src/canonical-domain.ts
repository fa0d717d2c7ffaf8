/**
 * The domain of an email in its one canonical form: ASCII, lower case, as UTS #46 maps it (non-transitional, so that
 * `straße.de` and `strasse.de` stay two domains). Almost every domain is plain ASCII and never reaches UTS #46.
 */
import tr46 from "tr46";

/** Two labels or more of letters, digits and inner hyphens; the last one is no number, so never an IP address. */
const HOST_NAME =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!(?:[0-9]+|0x[0-9a-f]*)$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The greatest length of a domain name in octets. */
const DOMAIN_OCTETS_MAX = 253;

const UTS46 = {
  // Registered names with hyphens in the third and fourth place exist; hyphens at the ends are refused by HOST_NAME.
  checkHyphens: false,
  checkBidi: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  transitionalProcessing: false,
  ignoreInvalidPunycode: false,
} as const;

/** The canonical form of a domain, or undefined if it is none. Linear in the length, which the caller limits. */
export function canonicalDomain(domain: string): string | undefined {
  if (/^[\x21-\x7e]+$/.test(domain)) {
    // Only ASCII is lower-cased here: beyond ASCII the Kelvin sign would become a `k` and `İ` two characters.
    const lower = domain.toLowerCase();
    if (!lower.includes("xn--")) return isHostName(lower) ? lower : undefined;
  }
  return domainByUts46(domain);
}

/**
 * The same answer for every domain, by UTS #46 alone. {@link canonicalDomain} is the fast way to it; a property test
 * holds the two together.
 */
export function domainByUts46(domain: string): string | undefined {
  const { domain: unicode, error } = tr46.toUnicode(domain, UTS46);
  // An `i` with an extra dot (what `İ` becomes) looks like an `i`: it must not become a second identifier.
  if (error || unicode.includes("i\u0307")) return undefined;
  // A character the runtime does not know yet: its normal form could still change with the runtime.
  if (/\p{Cn}/u.test(unicode)) return undefined;
  const ascii = tr46.toASCII(domain, { ...UTS46, verifyDNSLength: true });
  return ascii !== null && isHostName(ascii) ? ascii : undefined;
}

function isHostName(ascii: string): boolean {
  return ascii.length <= DOMAIN_OCTETS_MAX && HOST_NAME.test(ascii);
}
