/** Snapshot → record of `identity.resolved`. A pure function of the identity at that version: repeats are byte-identical. */
import { cloudEventHeaders, type IdentityResolvedRecord } from "@kith/contracts";
import type { IdentitySnapshot } from "@kith/database";
import { type OutgoingRecord, partitionOf } from "@kith/kafka";

/** `mergedFrom`: the identities merged directly into this one, ascending. */
export function buildIdentityRecord(
  snapshot: IdentitySnapshot,
  mergedFrom: readonly number[],
  to: { source: string; partitions: number },
): OutgoingRecord {
  const { identityId, version, mergedInto } = snapshot;
  const resolvedAt = new Date(snapshot.resolvedAtMs).toISOString();
  const value: IdentityResolvedRecord =
    mergedInto === null
      ? {
          v: 1,
          identityId,
          version,
          status: "active",
          contact: snapshot.contact,
          size: snapshot.size,
          truncated: snapshot.truncated,
          mergedFrom: [...mergedFrom],
          resolvedAt,
        }
      : { v: 1, identityId, version, status: "merged", into: mergedInto, resolvedAt };
  const key = String(identityId);
  return {
    key,
    value: JSON.stringify(value),
    partition: partitionOf(key, to.partitions),
    headers: cloudEventHeaders({
      id: `${identityId}.${version}`,
      type: "identity.resolved.v1",
      source: to.source,
      time: resolvedAt,
    }),
  };
}
