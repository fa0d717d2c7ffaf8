/**
 * The ids that people and subscribers know stay, wherever the rebuilt graph allows it: each part becomes the living
 * identity whose identifiers it has, into the session's table `rebuilt_part`.
 *
 * Where the live schema had one identity for two parts, the part with its oldest identifier keeps the id. Where it had
 * two for one, the larger survives, as in any merge, and the other leads to it. What is new takes the next id of the
 * live schema, so that no id is ever given out twice.
 */
import type { Database } from "@kith/database";
import { rowsOf } from "../verify/rows-of.ts";
import { tableOf } from "./schemas.ts";

/** `session` must be in a transaction, after find-parts.ts. */
export async function adoptIds(session: Database, live: string): Promise<void> {
  await rowsOf(session, "create unique index on rebuilt_identifier (kind, value)");
  await rowsOf(session, "analyze rebuilt_identifier");
  await rowsOf(session, claimsOf(live));
  await rowsOf(
    session,
    `create temporary table rebuilt_part on commit drop as
     with part as (select part, count(*)::integer as size from rebuilt_identifier group by part),
     oldest as (
       select distinct on (part) part, first_at, first_obs from rebuilt_identifier order by part, first_at, first_obs
     ),
     survivor as (select distinct on (part) part, id from rebuilt_claim order by part, members desc, id)
     select part, p.size, o.first_at, o.first_obs,
       coalesce(s.id, nextval('${tableOf(live, "identity_id_seq")}')) as id
     from part p join oldest o using (part) left join survivor s using (part)
     order by o.first_at, o.first_obs`,
  );
  await rowsOf(session, "create unique index on rebuilt_part (part)");
  await rowsOf(session, "analyze rebuilt_part");
}

/**
 * Which living identity of the live schema goes to which part: each to one. An identity that has lost its members is
 * still known by the observation that it began with.
 */
function claimsOf(live: string): string {
  return `create temporary table rebuilt_claim on commit drop as
    select distinct on (id) id, part, members from (
      select id, part, sum(members) as members, bool_or(has_oldest) as has_oldest from (
        select i.identity_id as id, r.part, 1 as members, false as has_oldest
        from rebuilt_identifier r join ${tableOf(live, "identifier")} i on i.kind = r.kind and i.value = r.value
        union all
        select k.id, r.part, 0, true
        from ${tableOf(live, "identity")} k join rebuilt_identifier r on r.first_obs = k.first_obs
      ) tie join ${tableOf(live, "identity")} k using (id)
      where k.merged_into is null
      group by id, part
    ) claim order by id, has_oldest desc, members desc, part`;
}
