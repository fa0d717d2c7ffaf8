/**
 * Living and absorbed identities by id, with their identifiers and contacts in age order: what every answer is made of.
 * Identifiers come as a few texts for an identity rather than as rows or JSON: whoever reads one mostly passes it on.
 */
import { INLINE_MAX } from "@kith/contracts";
import { numberArray } from "./array-parameters.ts";
import { defineStatement } from "./statement.ts";

/** One identity with its oldest identifiers. */
export type IdentityRow = {
  identity_id: number;
  version: number;
  size: number;
  merged_into: number | null;
  /** Milliseconds since 1970. */
  resolved_at_ms: number;
  /** In age order, a line each; null if there is none. */
  emails: string | null;
  phones: string | null;
  /** For each identifier of both kinds, in age order, the contact that introduced it: ids between commas. */
  contacts: string | null;
  /** Of more than {@link INLINE_MAX} identifiers the kind of each, `1` an email and `2` a phone, in the same order. */
  kinds: string | null;
};

/**
 * At most 256 identifiers and 256 secondaries are shown. A contact introduces one or two identifiers, so the first 514
 * identifiers hold the first 257 contacts.
 */
export const IDENTIFIERS_READ_MAX = 514;

/** SQL: milliseconds since 1970 of a time. Rounded in one way, so that what is read twice is the same twice. */
export const epochMs = (time: string) => `(extract(epoch from ${time}) * 1000)::bigint`;

/** The columns of {@link IdentityRow} for {@link joinIdentities}; shared by every statement that reads identities. */
export const IDENTITY_COLUMNS = `k.id as identity_id, k.version, k.size, k.merged_into,
  ${epochMs("k.resolved_at")} as resolved_at_ms, m.emails, m.phones, m.contacts, m.kinds`;

/** What follows a table that has the identities' ids as `id`. An absorbed identity has no identifiers. */
export const joinIdentities = (table: string) => `join identity k on k.id = ${table}.id
  cross join lateral (
    select string_agg(i.value, e'\\n') filter (where i.kind = 1) as emails,
      string_agg(i.value, e'\\n') filter (where i.kind = 2) as phones,
      string_agg(coalesce(i.contact_id, (select c.id from contact c where c.obs_id = i.first_obs))::text, ',') as contacts,
      string_agg(i.kind::text, '') filter (where k.size > ${INLINE_MAX}) as kinds
    from (
      select i.kind, i.value, i.first_obs, i.contact_id from identifier i
      where i.identity_id = k.id and k.merged_into is null
      order by i.identity_id, i.first_at, i.first_obs limit ${IDENTIFIERS_READ_MAX}
    ) i
  ) m`;

/** Identities come in the order of their ids in the input. */
export const readIdentities = defineStatement<readonly number[], IdentityRow>(
  "read-identities",
  `select ${IDENTITY_COLUMNS}
   from unnest($1::bigint[]) with ordinality as q(id, position)
   ${joinIdentities("q")}
   order by q.position`,
  (ids) => [numberArray(ids)],
);

/** The identities merged directly into each of some identities, ascending, at most 256 each. */
export const readMergedFrom = defineStatement<readonly number[], { survivor: number; id: number }>(
  "read-merged-from",
  `select q.id as survivor, m.id
   from unnest($1::bigint[]) with ordinality as q(id, position)
   cross join lateral (select id from identity where merged_into = q.id order by id limit 256) m
   order by q.position, m.id`,
  (ids) => [numberArray(ids)],
);
