/**
 * The contact that introduced an identifier, in the identifier's own row: whoever reads an identity need not look up each
 * of its contacts.
 *
 * Locks: `identifier` exclusively while its rows are filled, some 10 s per million. Null is allowed and means "look it
 * up by `first_obs`": that is what an older reconciler writes.
 */
import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table identifier add column contact_id bigint`.execute(db);
  await sql`update identifier i set contact_id = c.id from contact c where c.obs_id = i.first_obs`.execute(db);
}
