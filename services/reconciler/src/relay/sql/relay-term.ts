/** The relay's leadership: a session lock that says who leads, and a term that fences whoever led before. */
import { type Database, defineStatement } from "@kith/database";
import { CompiledQuery } from "kysely";

/** Tries to become the leader; the lock lives as long as the session. */
export async function tryLeaderLock(db: Database, key: bigint): Promise<boolean> {
  const { rows } = await db.executeQuery<{ locked: boolean }>(
    CompiledQuery.raw(`select pg_try_advisory_lock(${key}) as locked`),
  );
  return rows[0]!.locked;
}

/** Gives the leader's lock back before its session goes back to the pool. */
export async function releaseLeaderLock(db: Database, key: bigint): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(`select pg_advisory_unlock(${key})`));
}

/** A term as it begins. Snapshots are as PostgreSQL writes them. */
export type BegunTerm = {
  term: number;
  cursor: string;
  /** Changes between these two may still be published by a leader before, in an older state; null: by none. */
  in_doubt_since: string | null;
  in_doubt_until: string;
};

/** Nothing that the leader had begun can still be under way. Snapshots have no operator that compares them. */
const HAS_ENDED = "(is_handed_over or coalesce(window_term = term and window_end::text = cursor::text, false))";

/**
 * Starts a term: from here on an older leader's writes touch no row. What the one before has begun to publish and not
 * brought to an end is in doubt. One that notes no windows may have begun anything up to now.
 */
export const beginTerm = defineStatement<null, BegunTerm>(
  "begin-term",
  `update relay set term = term + 1, is_handed_over = false, window_end = cursor, window_term = term + 1,
     in_doubt_since = case when ${HAS_ENDED} then in_doubt_since else coalesce(in_doubt_since, cursor) end,
     in_doubt_until = case when ${HAS_ENDED} then in_doubt_until
       when window_term = term then window_end else pg_current_snapshot() end
   returning term, cursor::text as cursor, in_doubt_since::text as in_doubt_since,
     coalesce(in_doubt_until, pg_current_snapshot())::text as in_doubt_until`,
  () => [],
);

/** Ends a term in which nothing is under way any more. */
export const handOver = defineStatement<number, { term: number }>(
  "hand-over",
  "update relay set is_handed_over = true where term = $1 returning term",
  (term) => [term],
);

/** What was in doubt has been published again. */
export const settleDoubt = defineStatement<number, { term: number }>(
  "settle-doubt",
  "update relay set in_doubt_since = null, in_doubt_until = null where term = $1 returning term",
  (term) => [term],
);

/** Notes the window that is about to be published. No row back: another leader took over, and nothing may be. */
export const noteWindow = defineStatement<{ term: number; end: string }, { term: number }>(
  "note-window",
  "update relay set window_end = $2::pg_snapshot where term = $1 returning term",
  ({ term, end }) => [term, end],
);

/** Moves the cursor after every record of the window was acknowledged. No row back: another leader took over. */
export const advanceCursor = defineStatement<{ term: number; cursor: string }, { term: number }>(
  "advance-cursor",
  "update relay set cursor = $2::pg_snapshot where term = $1 returning term",
  ({ term, cursor }) => [term, cursor],
);
