/** The words in which the batch and the stored graph are spoken of: plain data, no behaviour but the order of ages. */
import type { Observation } from "@kith/contracts";

/** 1 email, 2 phone, as in the table. */
export type IdentifierKind = 1 | 2;
const EMAIL: IdentifierKind = 1;
const PHONE: IdentifierKind = 2;

/** `1:<email>` or `2:<phone>`: an identifier as the key of a map. */
export type IdentifierKey = string;

/** An age: `(firstAt, firstObs)`, a total order that never changes. */
export type Age = { readonly firstAt: number; readonly firstObs: string };

/** An identifier as stored. */
export type KnownIdentifier = Age & { readonly identityId: number };

/** A living identity as stored. */
export type KnownIdentity = Age & { readonly id: number; readonly version: number; readonly size: number };

/** The part of the stored graph that a batch touches. */
export type GraphState = {
  readonly identifiers: Map<IdentifierKey, KnownIdentifier>;
  readonly identities: Map<number, KnownIdentity>;
};

export function emailKey(email: string): IdentifierKey {
  return `1:${email}`;
}

export function phoneKey(phone: string): IdentifierKey {
  return `2:${phone}`;
}

/** The identifiers of an observation, one or two. */
export function identifierKeys({ email, phone }: Observation): IdentifierKey[] {
  // Written out, for an empty array that grows has room for seventeen.
  if (email === null) return phone === null ? [] : [phoneKey(phone)];
  return phone === null ? [emailKey(email)] : [emailKey(email), phoneKey(phone)];
}

export function kindOf(key: IdentifierKey): IdentifierKind {
  return key.charCodeAt(0) === 49 ? EMAIL : PHONE;
}

export function textOf(key: IdentifierKey): string {
  return key.slice(2);
}

/** True if the observation is older than the age. Observation ids are lower-case UUIDs, so text order is byte order. */
export function isOlder(observation: Observation, age: Age): boolean {
  return observation.seenAt < age.firstAt || (observation.seenAt === age.firstAt && observation.obsId < age.firstObs);
}

/** True if the first observation is the older one. */
export function isOlderThan(one: Observation, other: Observation): boolean {
  return byAge(one, other) < 0;
}

/** Orders observations by their ages, oldest first. */
export function byAge(one: Observation, other: Observation): number {
  return one.seenAt - other.seenAt || (one.obsId < other.obsId ? -1 : one.obsId > other.obsId ? 1 : 0);
}

/** Orders ages, oldest first. */
export function compareAges(a: Age, b: Age): number {
  return a.firstAt - b.firstAt || (a.firstObs < b.firstObs ? -1 : a.firstObs > b.firstObs ? 1 : 0);
}

/** An observation's age. */
export function ageOf(observation: Observation): Age {
  return { firstAt: observation.seenAt, firstObs: observation.obsId };
}
