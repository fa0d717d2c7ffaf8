/**
 * L2. Inserts the new identifiers in the order of the primary key. Where another writer is inserting the same one, this
 * waits for its commit and then leaves that row out: it belongs to the other.
 */
import { defineStatement, defineWrite, numberArray, textArray, uuidArray } from "@kith/database";
import { type Age, type IdentifierKey, kindOf, textOf } from "../graph.ts";

/** Its age is that of the observation which introduces it, and which `contactId` is the contact of. */
export type NewIdentifier = Age & {
  readonly key: IdentifierKey;
  readonly identityId: number;
  readonly contactId: number;
};

/** Answers how many are ours. */
export const insertIdentifiers = defineWrite<readonly NewIdentifier[]>(
  "insert-identifiers",
  `insert into identifier (kind, value, identity_id, first_at, first_obs, contact_id)
   select q.kind, q.value, q.identity_id, q.first_at, q.first_obs, q.contact_id
   from unnest($1::smallint[], $2::text[], $3::bigint[], $4::bigint[], $5::uuid[], $6::bigint[])
     as q(kind, value, identity_id, first_at, first_obs, contact_id)
   order by q.kind, q.value collate "C"
   on conflict (kind, value) do nothing`,
  (rows) => [
    numberArray(rows.map((row) => kindOf(row.key))),
    textArray(rows.map((row) => textOf(row.key))),
    numberArray(rows.map((row) => row.identityId)),
    numberArray(rows.map((row) => row.firstAt)),
    uuidArray(rows.map((row) => row.firstObs)),
    numberArray(rows.map((row) => row.contactId)),
  ],
);

/** Which of the identifiers this transaction has inserted, by position (from 1): after some of them were another's. */
export const findInserted = defineStatement<readonly NewIdentifier[], { position: number }>(
  "find-inserted",
  `select q.position
   from unnest($1::smallint[], $2::text[]) with ordinality as q(kind, value, position)
   join identifier i on i.kind = q.kind and i.value = q.value
   where i.xmin = pg_current_xact_id()::xid`,
  (rows) => [numberArray(rows.map((row) => kindOf(row.key))), textArray(rows.map((row) => textOf(row.key)))],
);
