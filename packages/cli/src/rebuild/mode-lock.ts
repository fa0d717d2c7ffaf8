/**
 * The mode lock of the live schema, held exclusively: no reconciler can begin a batch. What they have read waits, orders
 * are taken as before, and lookups answer. The lock is the session's: where the session ends, it is given back.
 */
import { advisoryKey, type Database } from "@kith/database";
import { rowsOf } from "../verify/rows-of.ts";

export async function lockMode(session: Database, schema: string): Promise<void> {
  await rowsOf(session, `select pg_advisory_lock(${advisoryKey(schema, "mode")})`);
}

/** Gives it back where it is held. Where the session is gone, so is its lock. */
export async function unlockMode(session: Database): Promise<void> {
  await rowsOf(session, "select pg_advisory_unlock_all()").catch(() => undefined);
}
