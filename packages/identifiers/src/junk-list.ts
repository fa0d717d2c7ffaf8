/**
 * A deployment's own junk: exact values, domains and patterns beside the built-in list. It acts where requests come
 * in, so that a change of it never contradicts what is in the log already.
 */
import type { Canonical } from "./canonical.ts";
import { canonicalDomain } from "./canonical-domain.ts";
import { lowerAscii } from "./canonical-email.ts";

/** What a deployment calls junk. Case does not matter anywhere. */
export type JunkList = {
  /** Whole values, emails or phones, in any spelling. */
  readonly exact?: readonly string[] | undefined;
  /** Domains; everything beneath one is junk too. */
  readonly domains?: readonly string[] | undefined;
  /** Patterns, tested on the canonical form, or on the text as it was sent if it has none. */
  readonly patterns?: readonly (RegExp | string)[] | undefined;
};

/** No list may be longer: every value that comes in is held against it. */
export const JUNK_LIMITS = { exact: 100_000, domains: 100_000, patterns: 100, entryUnits: 1024 } as const;

/** A junk list has an entry that cannot be used. The message names its place, never its content. */
export class JunkListError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "JunkListError";
  }
}

/** Tells whether a canonical value, or a text without canonical form, is junk to the deployment. */
export type DeploymentJunk = (kind: "email" | "phone", value: string) => boolean;

/**
 * Makes the test of a list. Needs the canonicalisers, so that an exact entry is found in whatever spelling it comes.
 *
 * @throws {JunkListError} if an entry cannot be used
 */
export function compileJunkList(
  list: JunkList,
  canonicalisers: readonly ((text: string) => Canonical<string>)[],
): DeploymentJunk {
  const exact = new Set(entriesOf(list, "exact").flatMap((entry) => spellings(entry, canonicalisers)));
  const domains = new Set(entriesOf(list, "domains").map(readDomain));
  const patterns = entriesOf(list, "patterns").map(readPattern);

  return function isDeploymentJunk(kind, value) {
    if (exact.has(value) || exact.has(lowerAscii(value))) return true;
    if (kind === "email" && domains.size > 0 && isBeneath(value, domains)) return true;
    return patterns.some((pattern) => pattern.test(value));
  };
}

function entriesOf<K extends "exact" | "domains" | "patterns">(list: JunkList, name: K): NonNullable<JunkList[K]> {
  const entries = list[name] ?? [];
  if (entries.length > JUNK_LIMITS[name]) {
    throw new JunkListError(`${name} has more than ${JUNK_LIMITS[name]} entries`);
  }
  return entries;
}

function spellings(entry: string, canonicalisers: readonly ((text: string) => Canonical<string>)[]): string[] {
  const text = trimSpaces(entry);
  const canonical = canonicalisers.map((canonicalise) => canonicalise(text));
  return [lowerAscii(text), ...canonical.flatMap((answer) => (answer.kind === "ok" ? [answer.value] : []))];
}

function readDomain(entry: string, index: number): string {
  // One label alone (`invalid`) is a fair entry here, though not a fair domain of an email.
  const domain = canonicalDomain(`x.${trimSpaces(entry)}`)?.slice("x.".length);
  if (domain === undefined) throw new JunkListError(`domains[${index}] is not a domain name`);
  return domain;
}

function readPattern(entry: RegExp | string, index: number): RegExp {
  try {
    // Never `g` or `y`: such a pattern remembers where it stopped, and every other test would be wrong.
    return typeof entry === "string"
      ? new RegExp(entry, "i")
      : new RegExp(entry.source, `${entry.flags.replace(/[gyi]/g, "")}i`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new JunkListError(`patterns[${index}] is not a regular expression`);
  }
}

function isBeneath(email: string, domains: ReadonlySet<string>): boolean {
  let domain = email.slice(email.lastIndexOf("@") + 1);
  for (;;) {
    if (domains.has(domain)) return true;
    const dot = domain.indexOf(".");
    if (dot < 0) return false;
    domain = domain.slice(dot + 1);
  }
}

/** Takes off U+0020 at both ends and nothing else; linear however many there are. */
export function trimSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) === 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) === 0x20) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}
