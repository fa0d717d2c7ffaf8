/**
 * Number → canonical email or phone of a realistic length. Neighbouring numbers give texts far apart, so that inserts
 * land all over the index as they do in life. Domains are the reserved ones.
 */

/** Texts are distinct for numbers below this. */
const IDENTIFIER_IDS_MAX = 100_000_000;

// Coprime to 10^8, so that i * SPREAD mod 10^8 visits every number once; the product stays below 2^53.
const SPREAD = 61_803_399;

const FIRST_NAMES = [
  ...["anna", "ben", "charlotte", "david", "elif", "francesco", "greta", "hassan", "ines", "jakob", "katarzyna"],
  ...["liam", "maria", "nikolai", "olivia", "pedro", "quentin", "rosa", "sebastian", "thandiwe", "umar"],
];
const LAST_NAMES = [
  ...["almeida", "baker", "cohen", "dubois", "eriksen", "fischer", "garcia", "haddad", "ivanova", "johansson"],
  ...["kowalski", "li", "martin", "nguyen", "okafor", "papadopoulos", "quinn", "rossi", "schneider", "tanaka"],
  ...["unger", "vandenberg", "williams", "xu", "yilmaz", "zimmermann"],
];
const DOMAINS = ["example.com", "example.org", "mail.example.com", "post.example.net", "inbox.example.org"];

// Calling code and the first digits of a number; eight digits follow, and the length is one the country's plan has.
const PHONE_PREFIXES = ["+49151", "+4479", "+121", "+336"];

export function emailText(id: number): string {
  const spread = (id * SPREAD + 7) % IDENTIFIER_IDS_MAX;
  const first = FIRST_NAMES[spread % FIRST_NAMES.length]!;
  const last = LAST_NAMES[(spread >>> 5) % LAST_NAMES.length]!;
  return `${first}.${last}${spread}@${DOMAINS[id % DOMAINS.length]!}`;
}

export function phoneText(id: number): string {
  const spread = (id * SPREAD + 11) % IDENTIFIER_IDS_MAX;
  return PHONE_PREFIXES[id % PHONE_PREFIXES.length]! + String(spread).padStart(8, "0");
}
