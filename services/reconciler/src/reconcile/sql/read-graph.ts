/** R0b, no locks. The identifiers of a batch that are known, each with its identity as it is in the same snapshot. */
import { defineStatement, numberArray, textArray } from "@kith/database";
import { type IdentifierKey, kindOf, textOf } from "../graph.ts";

/** An identifier and its identity. */
export type GraphRow = {
  identity_id: number;
  first_at: number;
  first_obs: string;
  version: number;
  size: number;
  identity_first_at: number;
  identity_first_obs: string;
};

/** The columns of {@link GraphRow} for `i` (identifier) and `k` (identity). */
export const GRAPH_COLUMNS = `i.identity_id, i.first_at, i.first_obs,
     k.version, k.size, k.first_at as identity_first_at, k.first_obs as identity_first_obs`;

/** Rows come with the position (from 1) of their key. */
export const readGraph = defineStatement<readonly IdentifierKey[], GraphRow & { position: number }>(
  "read-graph",
  `select q.position, ${GRAPH_COLUMNS}
   from unnest($1::smallint[], $2::text[]) with ordinality as q(kind, value, position)
   join identifier i on i.kind = q.kind and i.value = q.value
   join identity k on k.id = i.identity_id`,
  (keys) => [numberArray(keys.map(kindOf)), textArray(keys.map(textOf))],
);
