/** The lookup: identifiers → the identities they are in, in one round trip and one snapshot. */
import {
  defineStatement,
  IDENTITY_COLUMNS,
  type IdentityRow,
  joinIdentities,
  numberArray,
  textArray,
} from "@kith/database";

export type AskedIdentifier = { readonly kind: 1 | 2; readonly value: string };
/** An identity, and which of the identifiers asked for are in it: their positions from 1 on, between commas. */
export type FindRow = IdentityRow & { positions: string };

export const findIdentities = defineStatement<readonly AskedIdentifier[], FindRow>(
  "find-identities",
  `with asked as materialized (
     select i.identity_id as id, string_agg(q.position::text, ',') as positions
     from unnest($1::smallint[], $2::text[]) with ordinality as q(kind, value, position)
     join identifier i on i.kind = q.kind and i.value = q.value
     group by i.identity_id
   )
   select a.positions, ${IDENTITY_COLUMNS}
   from asked a
   ${joinIdentities("a")}`,
  (asked) => [numberArray(asked.map((one) => one.kind)), textArray(asked.map((one) => one.value))],
);
