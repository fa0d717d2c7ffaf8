/**
 * Dead letters have an end, and a way back: what was cut of a record that is too large to keep whole, and what has been
 * redriven to where. And the outbox's hourly partitions can be kept by a role that does not own the tables.
 *
 * Locks: ACCESS EXCLUSIVE on dead_letter. No row is rewritten; the checks read the table once.
 */
import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ schema: string }>`select quote_ident(current_schema()) as schema`.execute(db);
  for (const statement of [DEAD_LETTER, ...functions(rows[0]!.schema)]) await sql.raw(statement).execute(db);
}

// *_bytes: the size of the whole where only its beginning is kept; null where all of it is.
// redriven_from: the place of the dead letter that this record was published from, as its header says.
// redriven_to: the place in order.identity that the last redrive of this letter went to.
const DEAD_LETTER = `alter table dead_letter
  add column raw_bytes integer,
  add column raw_sha256 bytea,
  add column key_bytes integer,
  add column headers_bytes integer,
  add column redriven_from text,
  add column redrives integer not null default 0,
  add column redriven_at timestamptz,
  add column redriven_to text,
  add constraint dead_letter_raw_cut check ((raw_bytes is null) = (raw_sha256 is null)),
  add constraint dead_letter_redriven check
    ((redrives = 0) = (redriven_at is null) and (redrives = 0) = (redriven_to is null) and redrives >= 0)`;

/**
 * Run as the owner of the tables, for whoever may write to the outbox. They wait for a lock no longer than a tenth of a
 * second, because whoever comes after a waiting lock waits with it. pg_temp is named last in the search path: else
 * anybody's temporary tables would come first.
 */
function functions(schema: string): string[] {
  const asOwner = `language plpgsql security definer set search_path = ${schema}, pg_temp set lock_timeout = '100ms'`;
  const guard = `if not has_table_privilege(session_user, 'outbox', 'insert') then
      raise exception using errcode = 'insufficient_privilege', message = 'the outbox is not yours to write';
    end if`;
  const name = "'outbox_' || to_char(hour at time zone 'UTC', 'YYYYMMDDHH24')";
  // Rows below the xmin of the relay's cursor are seen by it, so the index answers.
  const unpublished = (table: string) => `exists (
      select from ${table} o, relay r where o.xid >= pg_snapshot_xmin(r.cursor) and not pg_visible_in_snapshot(o.xid, r.cursor)
    )`;
  return [
    // Locks: SHARE UPDATE EXCLUSIVE on outbox, which writers and readers do not notice; ACCESS EXCLUSIVE on the default
    // partition while it is looked through for rows of that hour. PARTITION OF would lock the whole outbox instead.
    `create function add_outbox_partition(hour timestamptz) returns void ${asOwner} as $$
     declare
       partition text := ${name};
     begin
       ${guard};
       if hour <= now() or hour <> date_trunc('hour', hour, 'UTC') then
         raise exception using errcode = 'invalid_parameter_value', message = 'not an hour to come';
       end if;
       -- Without its identity and indexes: attaching gives it the outbox's.
       execute format('create table %I (like outbox including defaults including constraints including storage)', partition);
       execute format('alter table outbox attach partition %I for values from (%L) to (%L)',
         partition, hour, hour + interval '1 hour');
     end $$`,

    // False if a row of it is not published. Locks: ACCESS EXCLUSIVE on outbox, so that no transaction can be about to
    // add a row to it. DETACH CONCURRENTLY would do without, but does not work beside a default partition.
    `create function drop_outbox_partition(hour timestamptz) returns boolean ${asOwner} as $$
     declare
       partition text := ${name};
       is_needed boolean;
     begin
       ${guard};
       lock table outbox in access exclusive mode;
       execute format('select ${unpublished("%I")}', partition) into is_needed;
       if is_needed then return false; end if;
       execute format('drop table %I', partition);
       return true;
     end $$`,

    // False if a row of the default partition is not published, or the one that came last is not of before that time.
    // Locks: ACCESS EXCLUSIVE on the default partition, which nobody writes to while this hour has a partition.
    `create function empty_default_outbox(before timestamptz) returns boolean ${asOwner} as $$
     begin
       ${guard};
       lock table outbox_default in access exclusive mode;
       if ${unpublished("outbox_default")} or (select at from outbox_default order by xid desc limit 1) >= before then
         return false;
       end if;
       truncate outbox_default;
       return true;
     end $$`,
  ];
}
