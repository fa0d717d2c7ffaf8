/**
 * Opens the window of the relay: everything committed after the cursor's snapshot S1 and before now, S2. A sequence
 * number cannot be the cursor, since numbers are drawn before commits and appear out of order; two snapshots can.
 */
import type { Database } from "@kith/database";
import { CompiledQuery } from "kysely";

/** One REPEATABLE READ transaction shows the window and the identities in one state. `cursor` is S1 as PostgreSQL wrote it. */
export async function beginWindow(db: Database, cursor: string): Promise<void> {
  if (!/^\d+:\d+:[\d,]*$/.test(cursor)) throw new TypeError("not a snapshot");
  await db.executeQuery(
    CompiledQuery.raw(
      `begin isolation level repeatable read, read only;
       declare changed no scroll cursor for
         select identity_id from outbox
         where xid >= pg_snapshot_xmin('${cursor}') and xid < pg_snapshot_xmax(pg_current_snapshot())
           and pg_visible_in_snapshot(xid, pg_current_snapshot()) and not pg_visible_in_snapshot(xid, '${cursor}')
         group by identity_id order by max(seq)`,
    ),
  );
}

/** The next identities of the window, in the order of their last change. Fewer than `limit`: the window is at its end. */
export async function fetchWindow(db: Database, limit: number): Promise<number[]> {
  const { rows } = await db.executeQuery<{ identity_id: number }>(CompiledQuery.raw(`fetch ${limit} from changed`));
  return rows.map((row) => row.identity_id);
}

/** S2, the snapshot the window ends at. */
export async function readSnapshot(db: Database): Promise<string> {
  const { rows } = await db.executeQuery<{ snapshot: string }>(
    CompiledQuery.raw("select pg_current_snapshot()::text as snapshot"),
  );
  return rows[0]!.snapshot;
}
