/** What a database holds, row by row, to tell whether anything at all was written between two moments. */
import type { Database } from "@kith/database";
import { rowsOf } from "./rows-of.ts";

/**
 * A digest of each table: of the rows and of where and by which transaction each was written, so that an update that
 * changes no value shows as well. Left out are the positions that move with every record: `consumer_offset` and `relay`.
 */
export async function tableStates(db: Database): Promise<Record<string, string>> {
  const tables = await rowsOf<{ name: string }>(
    db,
    `select c.relname as name from pg_class c where c.relnamespace = current_schema()::regnamespace
       and c.relkind in ('r', 'p') and not c.relispartition and c.relname not in ('consumer_offset', 'relay')
     order by 1`,
  );
  const states: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await rowsOf<{ state: string }>(
      db,
      `select count(*) || ' rows ' || md5(coalesce(string_agg(x, E'\\n' order by x), '')) as state
       from (select t.tableoid || ' ' || t.ctid || ' ' || t.xmin || ' ' || t::text as x from "${name}" t) s`,
    );
    states[name] = row!.state;
  }
  return states;
}
