/** The stored graph → the state that a batch is planned from. */
import type { Observation } from "@kith/contracts";
import type { Database } from "@kith/database";
import { type GraphState, type IdentifierKey, identifierKeys } from "./graph.ts";
import type { LockedIdentity } from "./sql/lock-identities.ts";
import { type GraphRow, readGraph } from "./sql/read-graph.ts";

/** The identifiers of observations, each once. */
export function keysOf(observations: readonly Observation[]): IdentifierKey[] {
  return [...new Set(observations.flatMap(identifierKeys))];
}

/** Reads what is known of these identifiers, and their identities. */
export async function readInto(state: GraphState, db: Database, keys: readonly IdentifierKey[]): Promise<void> {
  noteGraph(state, keys, await readGraph(db, keys));
}

/** Puts rows of {@link readGraph} into the state; `keys` is what was asked for. */
export function noteGraph(state: GraphState, keys: readonly IdentifierKey[], rows: readonly GraphRow[]): void {
  for (const row of rows) {
    state.identifiers.set(keys[row.position - 1]!, {
      identityId: row.identity_id,
      firstAt: row.first_at,
      firstObs: row.first_obs,
    });
    state.identities.set(row.identity_id, {
      id: row.identity_id,
      version: row.version,
      size: row.size,
      firstAt: row.identity_first_at,
      firstObs: row.identity_first_obs,
    });
  }
}

/** Brings `state` up to what the locked identities are now. */
export function noteLocked(state: GraphState, rows: readonly LockedIdentity[]): "same" | "moved-on" | "merged" {
  let answer: "same" | "moved-on" = "same";
  for (const row of rows) {
    if (row.merged_into !== null) return "merged";
    if (row.version === state.identities.get(row.id)!.version) continue;
    answer = "moved-on";
    state.identities.set(row.id, {
      id: row.id,
      version: row.version,
      size: row.size,
      firstAt: row.first_at,
      firstObs: row.first_obs,
    });
  }
  return answer;
}
