/** How far a deployment is: what is in the log, what is settled, what is relayed. */
import { topicNames } from "@kith/contracts";
import { readLogBounds } from "@kith/kafka";
import { sql } from "kysely";
import type { Deployment } from "./deployment.ts";

/** Records of `order.identity`, from its beginning. */
export async function countLogged({ kafka, topicPrefix }: Deployment): Promise<number> {
  return countRecords(kafka, topicNames(topicPrefix).orderIdentity);
}

/** Records published to `identity.resolved`. */
export async function countResolved({ kafka, topicPrefix }: Deployment): Promise<number> {
  return countRecords(kafka, topicNames(topicPrefix).identityResolved);
}

/** Records of `order.identity` that are settled. */
export async function countSettled({ db, topicId }: Deployment): Promise<number> {
  const { rows } = await sql<{ settled: number }>`
    select coalesce(sum(next_offset), 0)::bigint as settled from consumer_offset where topic_id = ${topicId}`.execute(
    db,
  );
  return rows[0]!.settled;
}

/** True if every committed change has been relayed: none is beyond the snapshot the relay has reached. */
export async function isRelayIdle({ db }: Deployment): Promise<boolean> {
  const { rows } = await sql<{ idle: boolean }>`
    select not exists (
      select 1 from outbox o, relay r
      where o.xid >= pg_snapshot_xmin(r.cursor) and not pg_visible_in_snapshot(o.xid, r.cursor)
    ) as idle`.execute(db);
  return rows[0]!.idle;
}

async function countRecords(kafka: Deployment["kafka"], topic: string): Promise<number> {
  let records = 0;
  for (const { start, end } of (await readLogBounds(kafka, topic)).values()) records += end - start;
  return records;
}
