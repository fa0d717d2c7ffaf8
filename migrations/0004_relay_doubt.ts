/**
 * What a leader of the relay may still be publishing when the next one takes over. Its records may come to stand after
 * newer ones, so the next leader publishes those identities again once no record of the old one can come any more.
 *
 * Locks: ACCESS EXCLUSIVE on relay, for a moment.
 */
import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  // in_doubt_since: the cursor of the first leader that may have been in the middle of something; null if none may.
  await sql`alter table relay
    add column in_doubt_since pg_snapshot,
    add column is_handed_over boolean not null default true`.execute(db);
}
