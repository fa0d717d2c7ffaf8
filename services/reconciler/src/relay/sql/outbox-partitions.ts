/**
 * The hourly partitions of the outbox, by their name: `outbox_` and the hour in UTC. What changes them are functions of
 * the schema (migrations/0003_redrive_and_partitions.ts has them, and their locks), since the reconciler need not own
 * the tables.
 */
import { type Database, defineStatement } from "@kith/database";
import { CompiledQuery } from "kysely";

/** An hour, as PostgreSQL writes it. */
export type OutboxHour = { hour: string };

// To add a partition is to look through the default partition under a lock.
const STATEMENT_TIMEOUT_MS = 2_000;

const HOUR = "date_trunc('hour', now(), 'UTC')";

/** The next `aheadHours` hours without a partition. Never this one: its rows may be in the default partition. */
export const findMissingPartitions = defineStatement<{ aheadHours: number }, OutboxHour>(
  "find-missing-outbox-partitions",
  `select hour::text as hour from (select ${HOUR} + n * interval '1 hour' as hour from generate_series(1, $1::int) n) wanted
   where to_regclass('outbox_' || to_char(hour at time zone 'UTC', 'YYYYMMDDHH24')) is null
   order by wanted.hour`,
  ({ aheadHours }) => [aheadHours],
);

/** The partitions whose hour ended at least `keepHours` hours ago, the oldest first. */
export const findOldPartitions = defineStatement<{ keepHours: number }, OutboxHour>(
  "find-old-outbox-partitions",
  `select hour::text as hour
   from (
     select (substr(c.relname, 8, 8) || ' ' || substr(c.relname, 16) || ':00')::timestamp at time zone 'UTC' as hour
     from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'outbox'::regclass and c.relname ~ '^outbox_[0-9]{10}$'
   ) kept
   where hour + ($1::int + 1) * interval '1 hour' <= now()
   order by kept.hour`,
  ({ keepHours }) => [keepHours],
);

/** Makes the partition of an hour to come. */
export async function addPartition(db: Database, { hour }: OutboxHour): Promise<void> {
  await runShortly(db, "select add_outbox_partition($1::timestamptz)", hour);
}

/** Drops the partition of an hour if all of its rows are published; false if one is not. */
export async function dropPartition(db: Database, { hour }: OutboxHour): Promise<boolean> {
  return (await runShortly(db, "select drop_outbox_partition($1::timestamptz) as answer", hour)) === true;
}

/** True in `has` if the default partition has rows of before that time. */
export const hasOlderInDefault = defineStatement<{ before: string }, { has: boolean }>(
  "has-older-outbox-rows",
  "select exists (select from outbox_default where at < $1::timestamptz) as has",
  ({ before }) => [before],
);

/** True in `all` if the default partition has rows, and all of them are of before that time. */
export const isAllOldInDefault = defineStatement<{ before: string }, { all: boolean }>(
  "is-all-old-in-default-outbox",
  `select exists (select from outbox_default)
     and not exists (select from outbox_default where at >= $1::timestamptz) as all`,
  ({ before }) => [before],
);

/** Empties the default partition if all of its rows are published, and of before that time as has been looked up. */
export async function emptyDefault(db: Database, before: string): Promise<boolean> {
  return (await runShortly(db, "select empty_default_outbox($1::timestamptz) as answer", before)) === true;
}

/**
 * Deletes the oldest published rows of the default partition, about `limit`; all of one moment or none of them. Answers
 * how many. It locks nothing that anybody else wants.
 */
export const deleteOldest = defineStatement<{ before: string; limit: number }, { deleted: number }>(
  "delete-oldest-outbox-rows",
  `with old as (
     select at from outbox_default where at < $1::timestamptz order by at limit $2
   ), unpublished as (
     select min(o.at) as at from outbox_default o, relay r
     where o.xid >= pg_snapshot_xmin(r.cursor) and not pg_visible_in_snapshot(o.xid, r.cursor)
   ), gone as (
     delete from outbox_default
     where at <= (select max(at) from old) and at < coalesce((select at from unpublished), 'infinity')
     returning 1
   )
   select count(*) as deleted from gone`,
  ({ before, limit }) => [before, limit],
);

/** The hour before which rows are old. */
export const readOldBefore = defineStatement<{ keepHours: number }, { before: string }>(
  "read-outbox-old-before",
  `select (${HOUR} - $1::int * interval '1 hour')::text as before`,
  ({ keepHours }) => [keepHours],
);

async function runShortly(db: Database, text: string, time: string): Promise<unknown> {
  return db.transaction().execute(async (transaction) => {
    await transaction.executeQuery(CompiledQuery.raw(`set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`));
    const { rows } = await transaction.executeQuery<{ answer: unknown }>(CompiledQuery.raw(text, [time]));
    return rows[0]?.answer;
  });
}
