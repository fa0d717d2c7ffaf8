/** What is not the graph goes over as it is: offsets, dead letters, and tables that a later migration may have added. */
import { type Database, quoteIdentifier } from "@kith/database";
import { rowsOf } from "../verify/rows-of.ts";
import { tableOf } from "./schemas.ts";

/** Tables that are made anew, or that the migrations filled. */
const MADE_ANEW = ["identity", "identifier", "link", "contact", "outbox", "deployment", "relay"];

export type CopyRestInput = {
  readonly live: string;
  readonly fresh: string;
  /** Of the fresh schema. */
  readonly generation: number;
};

/** `session` must be in a transaction. */
export async function copyRest(session: Database, { live, fresh, generation }: CopyRestInput): Promise<void> {
  for (const { table, columns } of await tablesToCopy(session, live)) {
    await rowsOf(
      session,
      `insert into ${tableOf(fresh, table)} (${columns}) overriding system value
       select ${columns} from ${tableOf(live, table)}`,
    );
  }
  await rowsOf(
    session,
    `update ${tableOf(fresh, "deployment")} set generation = ${generation}, cluster_id = d.cluster_id, topic_id = d.topic_id
     from ${tableOf(live, "deployment")} d`,
  );
  // The cursor is of before all this, so everything is still to be published. An older leader's term ends with ours.
  await rowsOf(session, `update ${tableOf(fresh, "relay")} set term = r.term + 1 from ${tableOf(live, "relay")} r`);
}

async function tablesToCopy(session: Database, schema: string): Promise<{ table: string; columns: string }[]> {
  const rows = await rowsOf<{ table: string; columns: string[] }>(
    session,
    `select c.relname::text as table, json_agg(a.attname order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       and c.relname <> all ($2::text[]) and c.relname not like 'kysely%'
     group by c.relname order by c.relname`,
    [quoteIdentifier(schema), MADE_ANEW],
  );
  return rows.map(({ table, columns }) => ({ table, columns: columns.map(quoteIdentifier).join(", ") }));
}

/**
 * The fresh schema's numbers go on where the live one's are: whatever a running reconciler has drawn and not used is
 * behind them. Not part of a transaction, as sequences are; to be called while nobody draws.
 */
export async function carryOnNumbers(
  session: Database,
  { live, fresh }: { live: string; fresh: string },
): Promise<void> {
  const rows = await rowsOf<{ name: string }>(
    session,
    "select c.relname::text as name from pg_class c where c.relnamespace = $1::regnamespace and c.relkind = 'S' order by 1",
    [quoteIdentifier(live)],
  );
  for (const { name } of rows) {
    await rowsOf(
      session,
      `select setval('${tableOf(fresh, name)}', s.last_value, s.is_called) from ${tableOf(live, name)} s`,
    );
  }
}
