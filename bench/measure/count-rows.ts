/** Rows a case has written, table by table: what the bare inserts of the limit write again. */
import { sql } from "kysely";
import type { Deployment } from "./deployment.ts";

export const COUNTED_TABLES = ["identifier", "link", "contact", "identity", "outbox"] as const;

export type RowCounts = Readonly<Record<(typeof COUNTED_TABLES)[number], number>> & {
  /** Transactions that changed an identity. */
  readonly batches: number;
};

export async function countRows({ db }: Deployment): Promise<RowCounts> {
  const { rows } = await sql<Record<keyof RowCounts, number>>`
    select
      (select count(*) from identifier) as identifier,
      (select count(*) from link) as link,
      (select count(*) from contact) as contact,
      (select count(*) from identity) as identity,
      (select count(*) from outbox) as outbox,
      (select count(distinct xid::text) from outbox) as batches`.execute(db);
  return rows[0]!;
}

export function difference(after: RowCounts, before: RowCounts): RowCounts {
  const names = Object.keys(after) as (keyof RowCounts)[];
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as RowCounts;
}
