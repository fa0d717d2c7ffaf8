/** Living and absorbed identities by id, with their identifiers and contacts in age order: what every answer is made of. */
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
  /** In age order; those that one contact introduced in any. Null for an absorbed identity: it has none. */
  members: readonly MemberRow[] | null;
};

/** An identifier, and the contact that introduced it. */
export type MemberRow = readonly [kind: 1 | 2, value: string, contactId: number];

/**
 * At most 256 identifiers and 256 secondaries are shown. A contact introduces one or two identifiers, so the first 514
 * identifiers hold the first 257 contacts.
 */
export const IDENTIFIERS_READ_MAX = 514;

/** SQL: milliseconds since 1970 of a time. Rounded in one way, so that what is read twice is the same twice. */
export const epochMs = (time: string) => `(extract(epoch from ${time}) * 1000)::bigint`;

/** The columns of {@link IdentityRow} for `k` (identity); shared by every statement that reads identities. */
export const IDENTITY_COLUMNS = `k.id as identity_id, k.version, k.size, k.merged_into,
  ${epochMs("k.resolved_at")} as resolved_at_ms,
  (select json_agg(json_build_array(i.kind, i.value,
     coalesce(i.contact_id, (select c.id from contact c where c.obs_id = i.first_obs))))
   from (
     select i.kind, i.value, i.first_obs, i.contact_id from identifier i
     where i.identity_id = k.id and k.merged_into is null
     order by i.identity_id, i.first_at, i.first_obs limit ${IDENTIFIERS_READ_MAX}
   ) i) as members`;

/** Identities come in the order of their ids in the input. */
export const readIdentities = defineStatement<readonly number[], IdentityRow>(
  "read-identities",
  `select ${IDENTITY_COLUMNS}
   from unnest($1::bigint[]) with ordinality as q(id, position)
   join identity k on k.id = q.id
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
