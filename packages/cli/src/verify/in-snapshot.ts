/** One moment of the database, for as long as the checks take. */
import type { Database } from "@kith/database";
import { rowsOf } from "./rows-of.ts";

/**
 * Runs `work` in one REPEATABLE READ, READ ONLY transaction: whatever a running system commits meanwhile is not seen, so
 * there are no false alarms, and nobody waits for it. `session` must be one connection. The transaction keeps old row
 * versions from being vacuumed while it lasts.
 */
export async function inSnapshot<T>(session: Database, work: () => Promise<T>): Promise<T> {
  await rowsOf(session, "begin isolation level repeatable read, read only");
  try {
    return await work();
  } finally {
    // Nothing was written. Where the session is gone, so is its transaction.
    await rowsOf(session, "rollback").catch(() => undefined);
  }
}
