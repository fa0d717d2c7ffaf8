/**
 * L2. Inserts the new identifiers in the order of the primary key. Where another writer is inserting the same one, this
 * waits for its commit and then leaves that row out of the answer: it belongs to the other.
 */
import { defineStatement, numberArray, textArray, uuidArray } from "@kith/database";
import { type Age, type IdentifierKey, kindOf, textOf } from "../graph.ts";

export type NewIdentifier = Age & { readonly key: IdentifierKey; readonly identityId: number };

/** Returns the rows that are ours. */
export const insertIdentifiers = defineStatement<readonly NewIdentifier[], { kind: 1 | 2; value: string }>(
  "insert-identifiers",
  `insert into identifier (kind, value, identity_id, first_at, first_obs)
   select * from unnest($1::smallint[], $2::text[], $3::bigint[], $4::bigint[], $5::uuid[]) as q(kind, value, identity_id, first_at, first_obs)
   order by q.kind, q.value collate "C"
   on conflict (kind, value) do nothing
   returning kind, value`,
  (rows) => [
    numberArray(rows.map((row) => kindOf(row.key))),
    textArray(rows.map((row) => textOf(row.key))),
    numberArray(rows.map((row) => row.identityId)),
    numberArray(rows.map((row) => row.firstAt)),
    uuidArray(rows.map((row) => row.firstObs)),
  ],
);
