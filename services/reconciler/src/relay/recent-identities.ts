/**
 * The identities that this process has just created, as they were committed, until the relay publishes them: they
 * need not be read again.
 */
import type { IdentityRow } from "@kith/database";

export type RecentIdentities = {
  /** Notes what a committed transaction created. */
  note(rows: readonly IdentityRow[]): void;
  /** The identity, if it is known as it is in this version. It is forgotten with that. */
  take(id: number, version: number): IdentityRow | undefined;
  /** With as many again something would be forgotten. */
  isHalfFull(): boolean;
};

/** Two batches of nothing but new identities. What is forgotten is read. */
const KEPT_MAX = 10_000;

export function createRecentIdentities(keptMax: number = KEPT_MAX): RecentIdentities {
  // In the order in which they were noted.
  const kept = new Map<number, IdentityRow>();
  return {
    note(rows) {
      for (const row of rows) kept.set(row.identity_id, row);
      for (const id of kept.keys()) {
        if (kept.size <= keptMax) break;
        kept.delete(id);
      }
    },

    take(id, version) {
      const row = kept.get(id);
      if (row === undefined) return undefined;
      kept.delete(id);
      return row.version === version ? row : undefined;
    },

    isHalfFull: () => kept.size >= keptMax / 2,
  };
}
