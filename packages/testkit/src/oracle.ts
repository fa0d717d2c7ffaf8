/**
 * The oracle: the classic contact-reconciliation algorithm, run over all observations in age order. "A row iff the order
 * brings a new identifier; orders that share an identifier are one person; the oldest row stays primary." What Kith comes
 * to in any interleaving must equal this.
 */
import { hash } from "node:crypto";
import type { Observation } from "@kith/contracts";

/** One identifier with the observation that introduced it. Kind 1 is an email, 2 a phone. */
export type OracleIdentifier = { readonly kind: 1 | 2; readonly value: string; readonly first: Observation };

/** One person: identifiers in age order, and the rows the classic algorithm keeps, primary first. */
export type OracleIdentity = { readonly identifiers: OracleIdentifier[]; readonly contacts: Observation[] };

/** Orders observations by age: `(seenAt, obsId)`. */
export function byAge(a: Observation, b: Observation): number {
  return a.seenAt - b.seenAt || (a.obsId < b.obsId ? -1 : a.obsId > b.obsId ? 1 : 0);
}

/** The identities that a set of observations comes to, in no particular order. */
export function oracle(observations: readonly Observation[]): OracleIdentity[] {
  const identityOf = new Map<string, OracleIdentity>();
  for (const order of [...observations].sort(byAge)) {
    const given = [
      ...(order.email === null ? [] : [`1:${order.email}`]),
      ...(order.phone === null ? [] : [`2:${order.phone}`]),
    ];
    const known = [...new Set(given.flatMap((key) => identityOf.get(key) ?? []))];
    const fresh = given.filter((key) => !identityOf.has(key));
    const identity: OracleIdentity = {
      identifiers: known.flatMap((one) => one.identifiers),
      contacts: known.flatMap((one) => one.contacts),
    };
    for (const key of fresh)
      identity.identifiers.push({ kind: key[0] === "1" ? 1 : 2, value: key.slice(2), first: order });
    if (fresh.length > 0) identity.contacts.push(order);
    for (const { kind, value } of identity.identifiers) identityOf.set(`${kind}:${value}`, identity);
  }
  const identities = [...new Set(identityOf.values())];
  for (const identity of identities) {
    identity.identifiers.sort((a, b) => byAge(a.first, b.first) || a.kind - b.kind);
    identity.contacts.sort(byAge);
  }
  return identities;
}

/** The canonical digest of a set of identities: equal iff identifiers, components and least ages are equal. */
export function oracleDigest(identities: readonly OracleIdentity[]): string {
  const lines = identities.map(({ identifiers }) =>
    [...identifiers]
      .sort((a, b) => a.kind - b.kind || (a.value < b.value ? -1 : 1))
      .map(({ kind, value, first }) => `${kind}:${value}@${first.seenAt}/${first.obsId}`)
      .join(","),
  );
  // UTF-16 order is byte order here: canonical identifiers are ASCII.
  return hash("md5", lines.sort().join("\n"));
}
