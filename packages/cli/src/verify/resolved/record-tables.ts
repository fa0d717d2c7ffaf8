/**
 * The records of the topic in temporary tables, so that a topic of any length is folded by the server, on its disk if
 * need be. They are the session's own and vanish with it; the deployment's tables are only read.
 */
import { type Database, numberArray, textArray, uuidArray } from "@kith/database";
import { rowsOf } from "../rows-of.ts";
import type { ResolvedRecord } from "./decode-record.ts";

/** Before the snapshot: a read-only transaction may write to temporary tables, but not make them. */
export async function makeRecordTables(session: Database): Promise<void> {
  await rowsOf(
    session,
    `create temporary table resolved_record (
       partition integer, "offset" bigint, identity_id bigint, version bigint, status text, into_id bigint,
       raw_digest uuid, content_digest uuid
     )`,
  );
  await rowsOf(
    session,
    `create temporary table resolved_last (
       identity_id bigint primary key, version bigint, status text, into_id bigint, content_digest uuid
     )`,
  );
  await rowsOf(session, "create temporary table resolved_pending (identity_id bigint primary key)");
}

/** Drops what {@link makeRecordTables} made, for sessions that go on. */
export async function dropRecordTables(session: Database): Promise<void> {
  await rowsOf(session, "drop table if exists resolved_record, resolved_last, resolved_pending");
}

export async function insertRecords(session: Database, records: readonly ResolvedRecord[]): Promise<void> {
  await rowsOf(
    session,
    `insert into resolved_record select * from unnest(
       $1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::uuid[], $8::uuid[])`,
    [
      numberArray(records.map(({ partition }) => partition)),
      numberArray(records.map(({ offset }) => offset)),
      numberArray(records.map(({ identityId }) => identityId)),
      numberArray(records.map(({ version }) => version)),
      textArray(records.map(({ status }) => status)),
      numberArray(records.map(({ into }) => into)),
      uuidArray(records.map(({ rawDigest }) => rawDigest)),
      uuidArray(records.map(({ contentDigest }) => contentDigest)),
    ],
  );
}

/** When all records are in: the last one of each identity. Records of one identity are in one partition. */
export async function foldRecords(session: Database): Promise<void> {
  await rowsOf(
    session,
    `insert into resolved_last
     select distinct on (identity_id) identity_id, version, status, into_id, content_digest
     from resolved_record order by identity_id, "offset" desc`,
  );
  await rowsOf(session, "create index on resolved_last (into_id) where status = 'merged'");
  await rowsOf(session, "analyze resolved_record, resolved_last");
}

/**
 * In the snapshot: identities with a change that was not yet published at `cursor`, the relay's, read before the topic.
 * Their last records may be older than the database.
 */
export async function notePending(session: Database, cursor: string): Promise<number> {
  const [row] = await rowsOf<{ pending: number }>(
    session,
    `with noted as (
       insert into resolved_pending
       select distinct identity_id from outbox
       where xid >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(xid, $1::pg_snapshot)
       returning 1
     )
     select count(*) as pending from noted`,
    [cursor],
  );
  return row?.pending ?? 0;
}
