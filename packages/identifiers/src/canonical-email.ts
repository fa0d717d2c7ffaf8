/**
 * The canonical form of an email: the local part an ASCII dot-atom (RFC 5321) in lower case, the domain by
 * canonical-domain.ts. Dots and +tags are kept: dropping them, as Gmail does, would merge people elsewhere.
 */
import type { Canonical, EmailCanonical, RefusalReason } from "./canonical.ts";
import { canonicalDomain } from "./canonical-domain.ts";

const EMAIL_OCTETS_MAX = 254;
const LOCAL_OCTETS_MAX = 64;

/**
 * Longer texts are refused unread. Unicode can be four code units long for one octet of the canonical form (a letter
 * with its marks apart), hence the room above {@link EMAIL_OCTETS_MAX}.
 */
const EMAIL_UNITS_MAX = 1024;

const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/** Spaces, controls, and characters that leave no ink: they make two texts that look like one. */
const INVISIBLE = /[\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

const DOT_ATOM = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** Canonicalises a text without outer spaces. Answers `ok` or `invalid`; junk is another file's business. */
export function canonicalEmail(text: string): Canonical<EmailCanonical> {
  if (text.length > EMAIL_UNITS_MAX) return refuse("too-long");
  const isAscii = PRINTABLE_ASCII.test(text);
  if (!isAscii) {
    if (!text.isWellFormed()) return refuse("not-well-formed");
    if (INVISIBLE.test(text)) return refuse("forbidden-character");
  }
  // Lower-casing is safe on ASCII only; a text beyond ASCII is lower-cased part by part below.
  const lower = isAscii ? text.toLowerCase() : text;
  const at = lower.indexOf("@");
  if (at < 0 || lower.includes("@", at + 1)) return refuse("at-sign");
  const local = isAscii ? lower.slice(0, at) : lowerAscii(lower.slice(0, at));
  if (!DOT_ATOM.test(local)) return refuse("local-part");
  if (local.length > LOCAL_OCTETS_MAX) return refuse("too-long");
  const host = lower.slice(at + 1);
  const domain = canonicalDomain(host);
  if (domain === undefined) return refuse("domain");
  const value = isAscii && domain === host ? lower : `${local}@${domain}`;
  if (value.length > EMAIL_OCTETS_MAX) return refuse("too-long");
  return { kind: "ok", value: value as EmailCanonical };
}

/** True iff canonicalising the text gives the same text, whatever a deployment's settings and junk. */
export function isCanonicalEmail(value: string): boolean {
  if (value.length > EMAIL_OCTETS_MAX) return false;
  const answer = canonicalEmail(value);
  return answer.kind === "ok" && answer.value === value;
}

/** Lower-cases A-Z and nothing else: the Kelvin sign must not become a `k`. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function refuse(reason: RefusalReason): Canonical<EmailCanonical> {
  return { kind: "invalid", reason };
}
