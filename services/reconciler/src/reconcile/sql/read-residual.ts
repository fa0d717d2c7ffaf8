/** R0a and R0b of a small batch in one statement, no locks: the observations that may change the graph, with what is known of them. */
import type { Observation } from "@kith/contracts";
import { defineStatement } from "@kith/database";
import { CHANGES_NOTHING, OBSERVATIONS_AND_KNOWN, observationParameters } from "./known-evidence.ts";
import { GRAPH_COLUMNS, type GraphRow } from "./read-graph.ts";

/** One of an observation's identifiers. */
export type ResidualRow = { observation: number; kind: 1 | 2 } & (
  | GraphRow
  /** It is not known. */
  | { [column in keyof GraphRow]: null }
);

/** A row for each identifier of each observation that may change something, with the observation's position (from 1). */
export const readResidual = defineStatement<readonly Observation[], ResidualRow>(
  "read-residual",
  `select q.position as observation, own.kind, ${GRAPH_COLUMNS}
   from ${OBSERVATIONS_AND_KNOWN}
   cross join lateral (values (1::smallint, q.email), (2::smallint, q.phone)) as own(kind, value)
   left join (identifier i join identity k on k.id = i.identity_id) on i.kind = own.kind and i.value = own.value
   where not ${CHANGES_NOTHING} and own.value is not null`,
  observationParameters,
);
