/** The stored graph → the state that a batch is planned from. */
import type { Observation } from "@kith/contracts";
import type { Session } from "@kith/database";
import { emailKey, type GraphState, type IdentifierKey, identifierKeys, phoneKey } from "./graph.ts";
import type { LockedIdentity } from "./sql/lock-identities.ts";
import { type GraphRow, readGraph } from "./sql/read-graph.ts";
import type { ResidualRow } from "./sql/read-residual.ts";

/** The identifiers of observations, each once. */
export function keysOf(observations: readonly Observation[]): IdentifierKey[] {
  return [...new Set(observations.flatMap(identifierKeys))];
}

/** Reads what is known of these identifiers, and their identities. */
export async function readInto(state: GraphState, db: Session, keys: readonly IdentifierKey[]): Promise<void> {
  noteGraph(state, keys, await readGraph(db, keys));
}

/** Puts rows of {@link readGraph} into the state; `keys` is what was asked for. */
export function noteGraph(
  state: GraphState,
  keys: readonly IdentifierKey[],
  rows: readonly (GraphRow & { position: number })[],
): void {
  for (const row of rows) noteKnown(state, keys[row.position - 1]!, row);
}

/** Puts rows of {@link readResidual} into the state; answers which of the observations they are of. */
export function noteResidual<O extends Observation>(
  state: GraphState,
  observations: readonly O[],
  rows: readonly ResidualRow[],
): O[] {
  const residual = new Set<O>();
  for (const row of rows) {
    const observation = observations[row.observation - 1]!;
    residual.add(observation);
    if (row.identity_id === null) continue;
    noteKnown(state, row.kind === 1 ? emailKey(observation.email!) : phoneKey(observation.phone!), row);
  }
  return [...residual];
}

function noteKnown(state: GraphState, key: IdentifierKey, row: GraphRow): void {
  state.identifiers.set(key, { identityId: row.identity_id, firstAt: row.first_at, firstObs: row.first_obs });
  state.identities.set(row.identity_id, {
    id: row.identity_id,
    version: row.version,
    size: row.size,
    firstAt: row.identity_first_at,
    firstObs: row.identity_first_obs,
  });
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
