/**
 * L2. Inserts the new identifiers in the order of the primary key. Where another writer is inserting the same one, this
 * waits for its commit and then leaves that row out of the answer: it belongs to the other.
 *
 * The contacts that introduce them get their ids here, oldest first, so that ids follow age in a batch.
 */
import { defineStatement, numberArray, textArray, uuidArray } from "@kith/database";
import { type Age, compareAges, type IdentifierKey, kindOf, textOf } from "../graph.ts";

/** Its age is that of the observation which introduces it, and whose contact it belongs to. */
export type NewIdentifier = Age & { readonly key: IdentifierKey; readonly identityId: number };

/** Returns the rows that are ours. */
export const insertIdentifiers = defineStatement<
  readonly NewIdentifier[],
  { kind: 1 | 2; value: string; first_obs: string; contact_id: number }
>(
  "insert-identifiers",
  `with ids as materialized (select array_agg(nextval('contact_id_seq')) as drawn from generate_series(1, $7::int))
   insert into identifier (kind, value, identity_id, first_at, first_obs, contact_id)
   select q.kind, q.value, q.identity_id, q.first_at, q.first_obs, ((select drawn from ids))[q.contact]
   from unnest($1::smallint[], $2::text[], $3::bigint[], $4::bigint[], $5::uuid[], $6::int[])
     as q(kind, value, identity_id, first_at, first_obs, contact)
   order by q.kind, q.value collate "C"
   on conflict (kind, value) do nothing
   returning kind, value, first_obs, contact_id`,
  (rows) => {
    const contacts = contactsOf(rows);
    return [
      numberArray(rows.map((row) => kindOf(row.key))),
      textArray(rows.map((row) => textOf(row.key))),
      numberArray(rows.map((row) => row.identityId)),
      numberArray(rows.map((row) => row.firstAt)),
      uuidArray(rows.map((row) => row.firstObs)),
      numberArray(rows.map((row) => contacts.get(row.firstObs)!)),
      contacts.size,
    ];
  },
);

/** Numbers the observations from 1, oldest first. */
function contactsOf(rows: readonly NewIdentifier[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const { firstObs } of [...rows].sort(compareAges)) {
    if (!numbers.has(firstObs)) numbers.set(firstObs, numbers.size + 1);
  }
  return numbers;
}
