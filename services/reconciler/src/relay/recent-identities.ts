/**
 * The identities that this process has just created, as they were committed, until the relay publishes them: they
 * need not be read again.
 */
import type { IdentityRow } from "@kith/database";

export type RecentIdentities = {
  /** Notes what a committed transaction created. */
  note(rows: readonly IdentityRow[]): void;
  /** A window is about to be opened. What was noted before the one before and has not been taken lay in none of them. */
  beginRound(): void;
  /** The identity, if it is known as it is in this version. It is forgotten with that. */
  take(id: number, version: number): IdentityRow | undefined;
  /** With as many again something would be forgotten. */
  isHalfFull(): boolean;
};

/** Two batches of nothing but new identities. What is forgotten is read. */
const KEPT_MAX = 10_000;

export function createRecentIdentities(keptMax: number = KEPT_MAX): RecentIdentities {
  // Noted before the round began, and since; each in the order in which they were noted.
  let older = new Map<number, IdentityRow>();
  let newer = new Map<number, IdentityRow>();
  const size = () => older.size + newer.size;

  function forgetFirst(): void {
    for (const kept of [older, newer]) {
      for (const id of kept.keys()) {
        if (size() <= keptMax) return;
        kept.delete(id);
      }
    }
  }

  return {
    note(rows) {
      for (const row of rows) newer.set(row.identity_id, row);
      forgetFirst();
    },

    beginRound() {
      older = newer;
      newer = new Map();
    },

    take(id, version) {
      const kept = older.has(id) ? older : newer;
      const row = kept.get(id);
      if (row === undefined) return undefined;
      kept.delete(id);
      return row.version === version ? row : undefined;
    },

    isHalfFull: () => size() >= keptMax / 2,
  };
}
