/**
 * The topic of resolved identities, folded as every subscriber does: apply iff newer. Written apart from what users
 * install, so that one checks the other. What the topic itself may do wrong is for `kith verify --resolved` to find.
 */
import { type IdentityResolvedRecord, identityResolvedRecord } from "@kith/contracts";
import type { PlacedRecord } from "./read-log.ts";

/** What is left of the topic: the newest record by identity. */
export type FoldedIdentities = { readonly identities: ReadonlyMap<number, IdentityResolvedRecord> };

/** Folds records in the order of each partition. Records of one key are in one partition. */
export function foldResolved(records: readonly PlacedRecord[]): FoldedIdentities {
  const identities = new Map<number, IdentityResolvedRecord>();
  for (const { value } of records) {
    const record = identityResolvedRecord.parse(JSON.parse(String(value)));
    const held = identities.get(record.identityId);
    if (held === undefined || record.version > held.version) identities.set(record.identityId, record);
  }
  return { identities };
}
