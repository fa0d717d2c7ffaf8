/**
 * The end of the window that a leader of the relay has begun to publish, noted before it publishes. So its successor
 * knows what it may still be publishing: that window, or nothing, and not all that changed until it took over.
 *
 * Locks: ACCESS EXCLUSIVE on relay, for a moment.
 */
import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  // window_end: the cursor's next place; equal to the cursor while nothing is begun. window_term: the term that notes it,
  // which leaders of before this migration do not. in_doubt_until: the end of what in_doubt_since is the beginning of.
  await sql`alter table relay
    add column window_end pg_snapshot,
    add column window_term bigint,
    add column in_doubt_until pg_snapshot`.execute(db);
}
