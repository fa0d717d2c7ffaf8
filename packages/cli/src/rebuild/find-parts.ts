/**
 * Which identifiers are one person, and since when: into the session's table `rebuilt_identifier`. From the evidence it
 * is computed anew; after a replay it is what the reconciler came to.
 *
 * Identifiers are numbered by the server and their links come as pairs of numbers, so that here an identifier takes four
 * bytes: ten million take 40 MB.
 */
import { type Database, numberArray } from "@kith/database";
import { createForest } from "../forest.ts";
import { readByCursor } from "../verify/read-by-cursor.ts";
import { rowsOf } from "../verify/rows-of.ts";
import { tableOf } from "./schemas.ts";

const LABELS_AT_A_TIME = 20_000;

/** The parts as a replay left them in a schema. `session` must be in a transaction, here and below. */
export async function takeReplayedParts(session: Database, source: string): Promise<void> {
  await rowsOf(
    session,
    `create temporary table rebuilt_identifier on commit drop as
     select kind, value, identity_id as part, first_at, first_obs from ${tableOf(source, "identifier")}`,
  );
}

/** The parts that the links and contacts of a schema make, whatever its identities say. */
export async function findParts(
  session: Database,
  source: string,
  onLinks: (count: number) => void = () => undefined,
): Promise<void> {
  await rowsOf(session, numberIdentifiers(source));
  await rowsOf(session, "create unique index on rebuilt_vertex (kind, value)");
  await rowsOf(session, "analyze rebuilt_vertex");
  const [row] = await rowsOf<{ count: number }>(session, "select count(*) as count from rebuilt_vertex");
  const count = row?.count ?? 0;
  const forest = createForest(count);
  let links = 0;
  for await (const page of readByCursor<{ a: number; b: number }>(session, "edges", edgesOf(source))) {
    for (const { a, b } of page) forest.union(a, b);
    links += page.length;
    onLinks(links);
  }
  await rowsOf(session, "create temporary table rebuilt_label (n integer, part integer) on commit drop");
  for (let from = 0; from < count; from += LABELS_AT_A_TIME) {
    const numbers = Array.from({ length: Math.min(LABELS_AT_A_TIME, count - from) }, (_, index) => from + index);
    await rowsOf(session, "insert into rebuilt_label select * from unnest($1::int[], $2::int[])", [
      numberArray(numbers),
      numberArray(numbers.map(forest.find)),
    ]);
  }
  await rowsOf(
    session,
    `create temporary table rebuilt_identifier on commit drop as
     select v.kind, v.value, l.part::bigint as part, v.first_at, v.first_obs
     from rebuilt_vertex v join rebuilt_label l on l.n = v.n`,
  );
}

/**
 * Links and contacts tell an identifier's age, since they are whole observations. Its own row counts only where nothing
 * else knows it.
 */
function numberIdentifiers(source: string): string {
  const [identifier, link, contact] = ["identifier", "link", "contact"].map((table) => tableOf(source, table));
  return `create temporary table rebuilt_vertex on commit drop as
    select (row_number() over () - 1)::integer as n, v.* from (
      select distinct on (kind, value) kind::smallint as kind, value collate "C" as value, first_at, first_obs from (
        select 1 as kind, email as value, first_at, first_obs, 0 as rank from ${link}
        union all select 2, phone, first_at, first_obs, 0 from ${link}
        union all select 1, email, created_at, obs_id, 0 from ${contact} where email is not null
        union all select 2, phone, created_at, obs_id, 0 from ${contact} where phone is not null
        union all select kind, value, first_at, first_obs, 1 from ${identifier}
      ) evidence order by kind, value, rank, first_at, first_obs
    ) v`;
}

function edgesOf(source: string): string {
  return `select e.n as a, p.n as b
    from (
      select email, phone from ${tableOf(source, "link")}
      union all select email, phone from ${tableOf(source, "contact")} where email is not null and phone is not null
    ) pair
    join rebuilt_vertex e on e.kind = 1 and e.value = pair.email
    join rebuilt_vertex p on p.kind = 2 and p.value = pair.phone`;
}
