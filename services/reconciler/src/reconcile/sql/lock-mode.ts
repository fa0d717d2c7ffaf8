/** L0. Begins the batch's transaction and takes the mode lock: shared to work beside others, exclusive to work alone. */
import type { Database } from "@kith/database";
import { CompiledQuery } from "kysely";

/** Both go in one message, so that a batch starts with one round trip. `modeKey` is an advisory lock's key. */
export async function beginWithModeLock(db: Database, input: { modeKey: bigint; isExclusive: boolean }): Promise<void> {
  const lock = input.isExclusive ? "pg_advisory_xact_lock" : "pg_advisory_xact_lock_shared";
  await db.executeQuery(CompiledQuery.raw(`begin isolation level read committed; select ${lock}(${input.modeKey})`));
}
