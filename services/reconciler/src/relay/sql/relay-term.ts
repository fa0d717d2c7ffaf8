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

/** Starts a term: from here on an older leader's writes touch no row. */
export const beginTerm = defineStatement<null, { term: number; cursor: string }>(
  "begin-term",
  "update relay set term = term + 1 returning term, cursor::text as cursor",
  () => [],
);

/** Moves the cursor after every record of the window was acknowledged. No row back: another leader took over. */
export const advanceCursor = defineStatement<{ term: number; cursor: string }, { term: number }>(
  "advance-cursor",
  "update relay set cursor = $2::pg_snapshot where term = $1 returning term",
  ({ term, cursor }) => [term, cursor],
);
