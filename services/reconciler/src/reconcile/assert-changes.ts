/**
 * What must hold before COMMIT, in production too. A violation is a bug of ours: the transaction rolls back and the
 * consumer stops, rather than going on with a graph that may be wrong. Messages carry numbers, never identifiers.
 */
import type { GraphState, IdentifierKey } from "./graph.ts";
import type { Group } from "./group-observations.ts";
import type { Changes } from "./plan.ts";

/** A batch was about to break an invariant. */
export class InvariantViolation extends Error {
  constructor(what: string) {
    super(`invariant violated before commit: ${what}`);
    this.name = "InvariantViolation";
  }
}

/** As many rows changed as the plan says: sizes are true, locks held, versions increase. */
export function assertRows(what: string, planned: number, written: number): void {
  if (planned !== written) throw new InvariantViolation(`${what}: ${planned} planned, ${written} written`);
}

/** All identifiers of each observation end in one identity, and sizes add up. */
export function assertOneIdentityEach(
  groups: readonly Group[],
  state: GraphState,
  placed: ReadonlyMap<IdentifierKey, number>,
  changes: Changes,
): void {
  const movedTo = new Map(changes.moves.map((move) => [move.from, move.to]));
  const identityOf = (key: IdentifierKey) => {
    const id = placed.get(key) ?? state.identifiers.get(key)?.identityId;
    return id === undefined ? undefined : (movedTo.get(id) ?? id);
  };
  for (const group of groups) {
    for (const keys of group.keys) {
      for (const key of keys) {
        if (identityOf(key) !== group.survivor) throw new InvariantViolation("an observation ends in two identities");
      }
    }
  }
  const rootsOf = new Map(groups.map((group) => [group.survivor, group.roots]));
  const sizeAdded = new Map<number, number>();
  for (const [, id] of placed) {
    const at = movedTo.get(id) ?? id;
    sizeAdded.set(at, (sizeAdded.get(at) ?? 0) + 1);
  }
  for (const { id, size } of [...changes.created, ...changes.survivors]) {
    const before = (rootsOf.get(id) ?? []).reduce((sum, root) => sum + state.identities.get(root)!.size, 0);
    const expected = before + (sizeAdded.get(id) ?? 0);
    if (size !== expected || size < 1) throw new InvariantViolation(`size ${size} where ${expected} was expected`);
  }
}
