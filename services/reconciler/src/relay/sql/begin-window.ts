/**
 * Opens the window of the relay: everything committed after the cursor's snapshot S1 and before now, S2. A sequence
 * number cannot be the cursor, since numbers are drawn before commits and appear out of order; two snapshots can.
 */
import type { StatementQuery } from "@kith/database";
import { CompiledQuery } from "kysely";

/**
 * One REPEATABLE READ transaction shows the window and the identities in one state. `cursor` is S1 as PostgreSQL wrote
 * it. With `until`, another snapshot, the window ends there, and its identities are shown as they are now all the same.
 */
export function beginWindow(cursor: string, until?: string): StatementQuery<unknown> {
  for (const snapshot of [cursor, until ?? cursor]) {
    if (!/^\d+:\d+:[\d,]*$/.test(snapshot)) throw new TypeError("not a snapshot");
  }
  const isBefore = until === undefined ? "" : `and pg_visible_in_snapshot(xid, '${until}')`;
  return CompiledQuery.raw(
    `begin isolation level repeatable read, read only;
     declare changed no scroll cursor for
       select identity_id, max(version) as version from outbox
       where xid >= pg_snapshot_xmin('${cursor}') and xid < pg_snapshot_xmax(pg_current_snapshot())
         and pg_visible_in_snapshot(xid, pg_current_snapshot()) and not pg_visible_in_snapshot(xid, '${cursor}')
         ${isBefore}
       group by identity_id order by max(seq)`,
  );
}

/** An identity that changed in the window, and the last version it came to in it. */
export type ChangedRow = { identity_id: number; version: number };

/** The next identities of the window, in the order of their last change. Fewer than `limit`: the window is at its end. */
export function fetchWindow(limit: number): StatementQuery<ChangedRow> {
  return CompiledQuery.raw(`fetch ${limit} from changed`) as StatementQuery<ChangedRow>;
}

/** S2, the snapshot the window ends at. */
export const READ_SNAPSHOT = CompiledQuery.raw("select pg_current_snapshot()::text as snapshot") as StatementQuery<{
  snapshot: string;
}>;

/** Nothing is written in a window. */
export const END_WINDOW: StatementQuery<unknown> = CompiledQuery.raw("rollback");
