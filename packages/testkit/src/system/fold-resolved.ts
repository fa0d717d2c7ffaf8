/**
 * The topic of resolved identities, folded as every subscriber does: apply iff newer. Written apart from what users
 * install, so that one checks the other.
 */
import { type IdentityResolvedRecord, identityResolvedRecord } from "@kith/contracts";
import type { PlacedRecord } from "./read-log.ts";

/** What is left of the topic, and what the topic itself did wrong. */
export type FoldedIdentities = {
  /** The newest record by identity. */
  readonly identities: ReadonlyMap<number, IdentityResolvedRecord>;
  /** Records that were older than one of their key before them, or another text of the same version. Must be empty. */
  readonly faults: readonly string[];
  /** Records that said again, byte for byte, what was said before. Harmless by contract. */
  readonly repeats: number;
};

/** Folds records in the order of each partition. Records of one key are in one partition. */
export function foldResolved(records: readonly PlacedRecord[]): FoldedIdentities {
  const identities = new Map<number, IdentityResolvedRecord>();
  const texts = new Map<string, string>();
  const faults: string[] = [];
  let repeats = 0;
  for (const { key, value } of records) {
    const record = identityResolvedRecord.parse(JSON.parse(String(value)));
    const at = `${record.identityId}.${record.version}`;
    if (String(key) !== String(record.identityId)) faults.push(`${at}: key`);
    const text = String(value);
    const said = texts.get(at);
    if (said !== undefined && said !== text) faults.push(`${at}: two texts`);
    if (said === text) repeats += 1;
    texts.set(at, text);
    const held = identities.get(record.identityId);
    if (held !== undefined && record.version < held.version) faults.push(`${at}: after ${held.version}`);
    if (held === undefined || record.version > held.version) identities.set(record.identityId, record);
  }
  return { identities, faults, repeats };
}
