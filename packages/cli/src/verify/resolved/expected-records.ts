/**
 * What the last record of each identity must say, from the database alone. Written apart from the relay, which publishes
 * them: so that one checks the other.
 */
import { type IdentityResolvedRecord, INLINE_MAX } from "@kith/contracts";
import type { Database } from "@kith/database";
import { rowsOf } from "../rows-of.ts";

/** One page's worth of memory; an identity is shown with at most 256 identifiers, contacts and merged identities. */
const IDENTITIES_AT_A_TIME = 500;

type ExpectedRow = {
  id: number;
  version: number;
  size: number;
  merged_into: number | null;
  resolved_at_ms: number;
  identifiers: [kind: 1 | 2, value: string][];
  contacts: number[];
  merged_from: number[];
};

/** Yields the records of all identities by id, a page at a time. */
export async function* expectedRecords(session: Database): AsyncGenerator<IdentityResolvedRecord[]> {
  for (let after = 0; ; ) {
    const rows = await rowsOf<ExpectedRow>(session, EXPECTED, [after, IDENTITIES_AT_A_TIME]);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(toRecord);
    after = last.id;
  }
}

// A contact introduces one or two identifiers, all of its own age. One contact more than is shown tells `truncated`.
const EXPECTED = `select k.id, k.version, k.size, k.merged_into,
    (extract(epoch from k.resolved_at) * 1000)::bigint as resolved_at_ms,
    (select coalesce(json_agg(json_build_array(i.kind, i.value) order by i.first_at, i.first_obs, i.kind), '[]') from (
       select kind, value, first_at, first_obs from identifier where identity_id = k.id
       order by first_at, first_obs, kind limit ${INLINE_MAX}) i) as identifiers,
    (select coalesce(json_agg(c.id order by o.first_at, o.first_obs), '[]') from (
       select distinct first_at, first_obs from identifier where identity_id = k.id
       order by first_at, first_obs limit ${INLINE_MAX + 2}) o
     join contact c on c.obs_id = o.first_obs) as contacts,
    (select coalesce(json_agg(m.id order by m.id), '[]') from (
       select id from identity where merged_into = k.id order by id limit ${INLINE_MAX}) m) as merged_from
  from identity k where k.id > $1 order by k.id limit $2`;

function toRecord(row: ExpectedRow): IdentityResolvedRecord {
  const { id, version, size, merged_into: into, identifiers, contacts } = row;
  const resolvedAt = new Date(row.resolved_at_ms).toISOString();
  if (into !== null) return { v: 1, identityId: id, version, status: "merged", into, resolvedAt };
  const valuesOf = (wanted: 1 | 2) => identifiers.filter(([kind]) => kind === wanted).map(([, value]) => value);
  return {
    v: 1,
    identityId: id,
    version,
    status: "active",
    contact: {
      primaryContactId: contacts[0] ?? 0,
      emails: valuesOf(1),
      phoneNumbers: valuesOf(2),
      secondaryContactIds: contacts.slice(1, INLINE_MAX + 1),
    },
    size,
    truncated: size > INLINE_MAX || contacts.length - 1 > INLINE_MAX,
    mergedFrom: row.merged_from,
    resolvedAt,
  };
}
