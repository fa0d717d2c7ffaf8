/** What a database has come to, in the same words as the oracle. */
import type { Database } from "@kith/database";
import { CompiledQuery } from "kysely";

/** The canonical digest of a database; equals {@link oracleDigest} of the observations it was made from. */
export async function databaseDigest(db: Database): Promise<string> {
  const { rows } = await db.executeQuery<{ digest: string | null }>(
    CompiledQuery.raw(
      `select md5(coalesce(string_agg(x, E'\\n' order by x collate "C"), '')) as digest from (
         select string_agg(kind || ':' || value || '@' || first_at || '/' || first_obs, ',' order by kind, value) as x
         from identifier group by identity_id) s`,
    ),
  );
  return rows[0]!.digest ?? "";
}

/** The live contacts by observation, sorted: equals the sorted obsIds of the oracle's contacts. */
export async function liveContacts(db: Database): Promise<string[]> {
  const { rows } = await db.executeQuery<{ obs_id: string }>(
    CompiledQuery.raw("select obs_id from contact where deleted_at is null order by obs_id"),
  );
  return rows.map((row) => row.obs_id);
}

/** Counts of broken invariants by name; every one must be 0. */
export async function brokenInvariants(db: Database): Promise<Record<string, number>> {
  const broken: Record<string, number> = {};
  for (const [name, text] of Object.entries(INVARIANTS)) {
    const { rows } = await db.executeQuery<{ n: number }>(CompiledQuery.raw(text));
    if (Number(rows[0]!.n) !== 0) broken[name] = Number(rows[0]!.n);
  }
  return broken;
}

const INVARIANTS = {
  "I1 identifier points at a live root": `select count(*) as n from identifier i left join identity k on k.id = i.identity_id
    where k.id is null or k.merged_into is not null`,
  "I2 size": `select count(*) as n from identity k where merged_into is null
    and size <> (select count(*) from identifier i where i.identity_id = k.id)`,
  "I3 identity.first is the least": `select count(*) as n from identity k
    join lateral (select first_at, first_obs from identifier i where i.identity_id = k.id order by 1, 2 limit 1) m on true
    where merged_into is null and (k.first_at, k.first_obs) <> (m.first_at, m.first_obs)`,
  "I4 both ends of a link are in one identity, and it is not older": `select count(*) as n from link l
    left join identifier e on e.kind = 1 and e.value = l.email left join identifier p on p.kind = 2 and p.value = l.phone
    where e.identity_id is distinct from p.identity_id or e.identity_id is null
      or (l.first_at, l.first_obs) < (e.first_at, e.first_obs) or (l.first_at, l.first_obs) < (p.first_at, p.first_obs)`,
  "I5 every identifier has its introducing contact": `select count(*) as n from identifier i
    left join contact c on c.obs_id = i.first_obs
    where c.id is null or c.deleted_at is not null or c.created_at <> i.first_at or i.value is distinct from case i.kind when 1 then c.email else c.phone end`,
  "I5 every live contact introduces something": `select count(*) as n from contact c where deleted_at is null
    and not exists (select 1 from identifier i where i.first_obs = c.obs_id)`,
  "I6 one primary per identity": `select count(*) as n from (select k.id from identity k left join contact c on c.obs_id = k.first_obs
    where k.merged_into is null and (c.id is null or c.deleted_at is not null)) s`,
  "I7 (identity, version) is unique in the outbox and the last is the identity's": `select
    (select count(*) from (select 1 from outbox group by identity_id, version having count(*) > 1) d)
    + (select count(*) from identity k where k.version <> (select max(version) from outbox o where o.identity_id = k.id)) as n`,
  "I8 no merged identity with members, no empty root": `select count(*) as n from identity k
    where (merged_into is not null) = exists (select 1 from identifier i where i.identity_id = k.id)`,
  "I8 merged_into ends at a root": `with recursive path as (
      select id as start, merged_into as at, 1 as hops from identity where merged_into is not null
      union all select p.start, k.merged_into, hops + 1 from path p join identity k on k.id = p.at where k.merged_into is not null and hops < 1000)
    select count(*) as n from path p left join identity k on k.id = p.at where k.id is null or hops >= 1000`,
  "I9 dead letters lie before next_offset": `select count(*) as n from dead_letter d
    left join consumer_offset o using (topic_id, partition) where o.next_offset is null or d."offset" >= o.next_offset`,
} satisfies Record<string, string>;
