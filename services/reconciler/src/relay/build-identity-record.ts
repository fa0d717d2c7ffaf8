/** Snapshot → record of `identity.resolved`. A pure function of the identity at that version: repeats are byte-identical. */
import { cloudEventHeaders } from "@kith/contracts";
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
  const head = `{"v":1,"identityId":${identityId},"version":${version}`;
  const value =
    mergedInto === null
      ? `${head},"status":"active","contact":${snapshot.contactJson},"size":${snapshot.size},` +
        `"truncated":${snapshot.truncated},"mergedFrom":[${mergedFrom.join(",")}],"resolvedAt":"${resolvedAt}"}`
      : `${head},"status":"merged","into":${mergedInto},"resolvedAt":"${resolvedAt}"}`;
  const key = String(identityId);
  return {
    key,
    value,
    partition: partitionOf(key, to.partitions),
    headers: cloudEventHeaders({
      id: `${identityId}.${version}`,
      type: "identity.resolved.v1",
      source: to.source,
      time: resolvedAt,
    }),
  };
}
