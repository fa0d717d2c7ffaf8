/**
 * Identities, identifiers, links and contacts of the rebuilt graph, into the fresh schema. All versions are of the next
 * generation, and all are put into the outbox: once the fresh schema is the live one, every subscriber hears of every
 * identity, and what it hears is newer than all it has heard (docs/adr/0009-versions.md).
 */
import type { Database } from "@kith/database";
import { rowsOf } from "../verify/rows-of.ts";
import { tableOf } from "./schemas.ts";

export type WriteGraphInput = {
  readonly live: string;
  /** Where links and contacts come from: the live schema, or the one that the log was replayed into. */
  readonly source: string;
  readonly fresh: string;
  /** Of the fresh schema. */
  readonly generation: number;
};

/** `session` must be in a transaction, after adopt-ids.ts. */
export async function writeGraph(session: Database, input: WriteGraphInput): Promise<void> {
  // Identifiers come after contacts: each has the id of the one that introduced it.
  for (const statementOf of [identitiesOf, linksOf, candidatesOf, contactsOf, identifiersOf]) {
    await rowsOf(session, statementOf(input));
  }
  const { fresh } = input;
  await rowsOf(
    session,
    `insert into ${tableOf(fresh, "outbox")} (identity_id, version)
     select id, version from ${tableOf(fresh, "identity")} order by id`,
  );
  for (const table of ["identifier", "identity", "link", "contact"]) {
    await rowsOf(session, `analyze ${tableOf(fresh, table)}`);
  }
}

function identifiersOf({ fresh }: WriteGraphInput): string {
  return `insert into ${tableOf(fresh, "identifier")} (kind, value, identity_id, first_at, first_obs, contact_id)
    select r.kind, r.value, p.id, r.first_at, r.first_obs, c.id
    from rebuilt_identifier r join rebuilt_part p using (part)
    left join ${tableOf(fresh, "contact")} c on c.obs_id = r.first_obs
    order by r.kind, r.value collate "C"`;
}

/** Living ones, redirects of those that found a survivor just now, and redirects that were there and lead to a living one. */
function identitiesOf({ live, fresh, generation }: WriteGraphInput): string {
  const identity = tableOf(live, "identity");
  const version = `${generation}::bigint * (1::bigint << 40) + 1`;
  return `insert into ${tableOf(fresh, "identity")}
      (id, merged_into, merged_by, version, resolved_at, size, first_at, first_obs)
    with recursive redirect as (
      select k.id, p.id as merged_into, p.first_obs as merged_by, k.first_at, k.first_obs
      from rebuilt_claim c join rebuilt_part p using (part) join ${identity} k on k.id = c.id
      where c.id <> p.id
    ), kept as (
      select k.id, k.merged_into, k.merged_by, k.first_at, k.first_obs
      from rebuilt_claim c join ${identity} k on k.merged_into = c.id
      union all
      select k.id, k.merged_into, k.merged_by, k.first_at, k.first_obs
      from kept r join ${identity} k on k.merged_into = r.id
    )
    select id, null, null, ${version}, now(), size, first_at, first_obs from rebuilt_part
    union all select id, merged_into, merged_by, ${version}, now(), 0, first_at, first_obs from redirect
    union all select id, merged_into, merged_by, ${version}, now(), 0, first_at, first_obs from kept`;
}

function linksOf({ source, fresh }: WriteGraphInput): string {
  return `insert into ${tableOf(fresh, "link")} (email, phone, first_at, first_obs, event_id, order_id)
    select distinct on (email, phone) email, phone, first_at, first_obs, event_id, order_id from (
      select email, phone, first_at, first_obs, event_id, order_id from ${tableOf(source, "link")}
      union all
      select email, phone, created_at, obs_id, event_id, order_id from ${tableOf(source, "contact")}
      where email is not null and phone is not null
    ) evidence order by email, phone, first_at, first_obs`;
}

/**
 * Every observation that is, was or should be a contact. The contact of an introducing observation that has none is made
 * from its link; or, where the identifier is all that is left of the order, from that.
 */
function candidatesOf({ live, source }: WriteGraphInput): string {
  const columns = "obs_id, email, phone, event_id, order_id, created_at, deleted_at";
  return `create temporary table rebuilt_contact on commit drop as
    select distinct on (obs_id) ${columns} from (
      select ${columns}, 0 as rank from ${tableOf(source, "contact")}
      union all select ${columns}, 1 from ${tableOf(live, "contact")}
      union all
      select l.first_obs, l.email, l.phone, l.event_id, l.order_id, l.first_at, null, 2
      from ${tableOf(source, "link")} l join rebuilt_identifier r on r.first_obs = l.first_obs
      union all
      select first_obs, case kind when 1 then value end, case kind when 2 then value end, first_obs::text, null, first_at,
        null, 3
      from rebuilt_identifier
    ) candidate order by obs_id, rank`;
}

/** A contact that introduces nothing still resolves by its id, as long as all that it has is in one identity. */
function contactsOf({ live, fresh }: WriteGraphInput): string {
  const ids = `pg_get_serial_sequence('${tableOf(live, "contact")}', 'id')`;
  return `insert into ${tableOf(fresh, "contact")}
      (id, obs_id, email, phone, event_id, order_id, created_at, deleted_at)
    overriding system value
    select coalesce(held.id, nextval(${ids})), c.obs_id, c.email, c.phone, c.event_id, c.order_id,
      coalesce(e.introduced_at, p.introduced_at, c.created_at),
      case when coalesce(e.introduced_at, p.introduced_at) is null then coalesce(c.deleted_at, now()) end
    from rebuilt_contact c
    left join ${tableOf(live, "contact")} held on held.obs_id = c.obs_id
    left join lateral (
      select r.part, case when r.first_obs = c.obs_id then r.first_at end as introduced_at
      from rebuilt_identifier r where r.kind = 1 and r.value = c.email
    ) e on true
    left join lateral (
      select r.part, case when r.first_obs = c.obs_id then r.first_at end as introduced_at
      from rebuilt_identifier r where r.kind = 2 and r.value = c.phone
    ) p on true
    where (e.part is not null or c.email is null) and (p.part is not null or c.phone is null)
      and (e.part = p.part or c.email is null or c.phone is null)
    order by c.created_at, c.obs_id`;
}
