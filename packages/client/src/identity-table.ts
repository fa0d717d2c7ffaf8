/**
 * A table of resolved identities, folded from the records of `identity.resolved`: a record is applied iff its version is
 * greater than the one held. So order and repetition do not matter, and two tables that have seen the same records are
 * equal. Pure: no Kafka, no clock.
 */
import { isDeepStrictEqual } from "node:util";
import type { ActiveIdentityRecord, IdentityResolvedRecord } from "@kith/contracts";

/**
 * What a record came to.
 * `applied`: it was newer. `repeat`: the same record again, as after a crash of the relay. `stale`: an older version.
 * `conflict`: the same version with another content, which never happens unless something is broken; the first one stays.
 */
export type ApplyOutcome = "applied" | "repeat" | "stale" | "conflict";

/** How many records came to what. */
export type ApplyCounts = Readonly<Record<ApplyOutcome, number>>;

/** The table. It holds every identity it has seen, merged-away ones too: they are redirects. */
export type IdentityTable = {
  /** Folds one record in. A null value is the tombstone of an erased identity: it is forgotten. */
  apply(identityId: number, value: IdentityResolvedRecord | null): ApplyOutcome;
  /** The living identity of an id, redirects followed; undefined if it, or one on the way, has not been seen. */
  living(identityId: number): ActiveIdentityRecord | undefined;
  /** The newest record of exactly this id. */
  held(identityId: number): IdentityResolvedRecord | undefined;
  /** All living identities, in no particular order. */
  all(): IterableIterator<ActiveIdentityRecord>;
  counts(): ApplyCounts;
};

/**
 * Makes an empty table.
 *
 * @example
 * const table = createIdentityTable();
 * table.apply(9, { v: 1, identityId: 9, version: 4, status: "merged", into: 12, resolvedAt: "2026-11-02T09:00:00.000Z" });
 * table.living(9); // the record of identity 12, once that has been applied
 */
export function createIdentityTable(): IdentityTable {
  const records = new Map<number, IdentityResolvedRecord>();
  /** The version an identity had when it was erased, so that a late repeat does not bring it back. */
  const erased = new Map<number, number>();
  const counts = { applied: 0, repeat: 0, stale: 0, conflict: 0 };

  function outcomeOf(identityId: number, value: IdentityResolvedRecord | null): ApplyOutcome {
    const held = records.get(identityId);
    if (value === null) {
      if (held === undefined) return erased.has(identityId) ? "repeat" : "applied";
      return "applied";
    }
    if (held === undefined) return value.version > (erased.get(identityId) ?? 0) ? "applied" : "stale";
    if (value.version !== held.version) return value.version > held.version ? "applied" : "stale";
    return isDeepStrictEqual(value, held) ? "repeat" : "conflict";
  }

  return {
    apply(identityId, value) {
      const outcome = outcomeOf(identityId, value);
      counts[outcome] += 1;
      if (outcome !== "applied") return outcome;
      if (value === null) {
        erased.set(identityId, records.get(identityId)?.version ?? 0);
        records.delete(identityId);
      } else {
        records.set(identityId, value);
        erased.delete(identityId);
      }
      return outcome;
    },

    living(identityId) {
      let record = records.get(identityId);
      // Redirects are acyclic by contract. Should they ever not be, this ends all the same.
      for (let hops = 0; record?.status === "merged" && hops < records.size; hops++) record = records.get(record.into);
      return record?.status === "active" ? record : undefined;
    },

    held: (identityId) => records.get(identityId),

    *all() {
      for (const record of records.values()) if (record.status === "active") yield record;
    },

    counts: () => ({ ...counts }),
  };
}
