/**
 * That a log has lost its tail is remembered. Else a reconciler that starts after the log has grown past the offset again
 * would go on there, and what was written before the offset meanwhile would never be read.
 *
 * Locks: ACCESS EXCLUSIVE on consumer_offset, for a moment. Null is what an older reconciler leaves, which looks at it as
 * little as before.
 */
import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  // lost_from: where the log of the partition ended when it was found to end before what had been read of it; null while
  // all is well. Only an operator takes it away.
  await sql`alter table consumer_offset add column lost_from bigint`.execute(db);
}
