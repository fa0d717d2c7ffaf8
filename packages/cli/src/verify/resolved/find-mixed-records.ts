/**
 * R5: no record mixes two identities. Identities only grow and merge, so whatever a record ever put together is in one
 * living identity now, the one that the record's own has become.
 */
import { type Database, numberArray, textArray } from "@kith/database";
import { rowsOf } from "../rows-of.ts";
import type { ResolvedRecord } from "./decode-record.ts";

const RECORDS_AT_A_TIME = 200;

/** Returns those that mix. */
export async function findMixedRecords(
  session: Database,
  records: readonly ResolvedRecord[],
): Promise<ResolvedRecord[]> {
  const mixed: ResolvedRecord[] = [];
  const active = records.filter(({ contact }) => contact !== undefined);
  for (let start = 0; start < active.length; start += RECORDS_AT_A_TIME) {
    const some = active.slice(start, start + RECORDS_AT_A_TIME);
    for (const { n } of await rowsOf<{ n: number }>(session, MIXED, parametersOf(some))) mixed.push(some[n]!);
  }
  return mixed;
}

// Each record `n` with its identifiers ($1 to $3), its contacts ($4, $5) and the identity it is about ($6, $7).
const MIXED = `with recursive up as (
    select a.n, k.id, k.merged_into from unnest($6::int[], $7::bigint[]) as a(n, id) join identity k on k.id = a.id
    union
    select u.n, k.id, k.merged_into from up u join identity k on k.id = u.merged_into
  ), members as (
    select g.n, i.identity_id
    from unnest($1::int[], $2::smallint[], $3::text[]) as g(n, kind, value)
    left join identifier i on i.kind = g.kind and i.value = g.value
    union
    select g.n, i.identity_id
    from unnest($4::int[], $5::bigint[]) as g(n, contact_id)
    left join contact c on c.id = g.contact_id
    left join identifier i on i.kind = case when c.email is null then 2 else 1 end and i.value = coalesce(c.email, c.phone)
  )
  select distinct m.n from members m left join up r on r.n = m.n and r.merged_into is null
  where m.identity_id is distinct from r.id
  order by m.n`;

function parametersOf(records: readonly ResolvedRecord[]): string[] {
  const identifiers = records.flatMap(({ contact }, n) => [
    ...contact!.emails.map((value) => ({ n, kind: 1, value })),
    ...contact!.phoneNumbers.map((value) => ({ n, kind: 2, value })),
  ]);
  const contacts = records.flatMap(({ contact }, n) =>
    [contact!.primaryContactId, ...contact!.secondaryContactIds].map((id) => ({ n, id })),
  );
  return [
    numberArray(identifiers.map(({ n }) => n)),
    numberArray(identifiers.map(({ kind }) => kind)),
    textArray(identifiers.map(({ value }) => value)),
    numberArray(contacts.map(({ n }) => n)),
    numberArray(contacts.map(({ id }) => id)),
    numberArray(records.map((_, n) => n)),
    numberArray(records.map(({ identityId }) => identityId)),
  ];
}
