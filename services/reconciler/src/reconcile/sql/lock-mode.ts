/** L0. Begins the batch's transaction and takes the mode lock: shared to work beside others, exclusive to work alone. */
import type { StatementQuery } from "@kith/database";
import { CompiledQuery } from "kysely";

/** `modeKey` is an advisory lock's key. */
export function beginWithModeLock(input: { modeKey: bigint; isExclusive: boolean }): StatementQuery<unknown> {
  const lock = input.isExclusive ? "pg_advisory_xact_lock" : "pg_advisory_xact_lock_shared";
  return CompiledQuery.raw(`begin isolation level read committed; select ${lock}(${input.modeKey})`);
}
