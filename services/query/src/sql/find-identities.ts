/**
 * The lookup: identifiers → the identities they are in, and these identities, in one round trip and one snapshot.
 *
 * Two kinds of rows come back: `position` set: the identifier asked for at that position (from 1) is in `identity_id`;
 * `position` null: an identity.
 */
import { defineStatement, IDENTITY_COLUMNS, type IdentityRow, numberArray, textArray } from "@kith/database";

export type AskedIdentifier = { readonly kind: 1 | 2; readonly value: string };
export type FindRow = IdentityRow & { position: number | null };

export const findIdentities = defineStatement<readonly AskedIdentifier[], FindRow>(
  "find-identities",
  `with asked as materialized (
     select q.position, i.identity_id
     from unnest($1::smallint[], $2::text[]) with ordinality as q(kind, value, position)
     join identifier i on i.kind = q.kind and i.value = q.value
   )
   select position, identity_id, null::bigint as version, null::int as size, null::bigint as merged_into,
     null::bigint as resolved_at_ms, null::json as members
   from asked
   union all
   select null, ${IDENTITY_COLUMNS}
   from (select distinct identity_id as id from asked) a
   join identity k on k.id = a.id`,
  (asked) => [numberArray(asked.map((one) => one.kind)), textArray(asked.map((one) => one.value))],
);
