/**
 * Groups the observations of a batch into those that belong to one person, by union-find over their identifiers and the
 * identities these are known to be in, and says for each group which identity it will be. Pure.
 */
import type { Observation } from "@kith/contracts";
import { type GraphState, type IdentifierKey, identifierKeys } from "./graph.ts";

/** What will be one identity after the batch. */
export type Group = {
  readonly observations: Observation[];
  /** The identifiers of each observation: made once, since every look at one hashes its text anew. */
  readonly keys: IdentifierKey[][];
  /** Every identifier of the observations, once. */
  readonly identifiers: Set<IdentifierKey>;
  /** The living identities it touches, ascending. More than one: they merge. */
  readonly roots: readonly number[];
  /** The identity it will be: the largest root (the least id among equals), or a fresh id. */
  readonly survivor: number;
};

/**
 * Groups observations. `freshId` gives the id of an identity that does not exist yet; `placed` are identifiers that
 * this transaction has inserted already, with the identity it put them in, so that a second grouping keeps its ids.
 */
export function groupObservations(
  observations: readonly Observation[],
  state: GraphState,
  freshId: () => number,
  placed: ReadonlyMap<IdentifierKey, number> = new Map(),
): Group[] {
  const forest = new UnionFind();
  const keysOfEach = observations.map(identifierKeys);
  for (const keys of keysOfEach) {
    for (const key of keys) {
      const known = state.identifiers.get(key);
      if (known !== undefined) forest.union(key, rootKey(known.identityId));
    }
    const [first, second] = keys;
    if (second !== undefined) forest.union(first!, second);
  }

  const groups = new Map<string, Group & { roots: number[]; survivor: number }>();
  for (let index = 0; index < observations.length; index++) {
    const observation = observations[index]!;
    const keys = keysOfEach[index]!;
    const top = forest.find(keys[0]!);
    let group = groups.get(top);
    if (group === undefined) {
      // Most groups are one observation: an empty array that grows has room for seventeen.
      group = { observations: [observation], keys: [keys], identifiers: new Set(keys), roots: [], survivor: 0 };
      groups.set(top, group);
    } else {
      group.observations.push(observation);
      group.keys.push(keys);
      for (const key of keys) group.identifiers.add(key);
    }
    for (const key of keys) {
      const known = state.identifiers.get(key);
      if (known !== undefined) group.roots.push(known.identityId);
    }
  }

  for (const group of groups.values()) {
    if (group.roots.length > 1) group.roots = [...new Set(group.roots)].sort((a, b) => a - b);
    group.survivor = largest(group.roots, state) ?? placedIn(group.identifiers, placed) ?? freshId();
  }
  return [...groups.values()];
}

// Moving the smaller side moves each identifier at most log2(n) times in the life of an identity of n.
function largest(roots: readonly number[], state: GraphState): number | undefined {
  let best: number | undefined;
  for (const root of roots) {
    if (best === undefined || state.identities.get(root)!.size > state.identities.get(best)!.size) best = root;
  }
  return best;
}

function placedIn(identifiers: Set<IdentifierKey>, placed: ReadonlyMap<IdentifierKey, number>): number | undefined {
  if (placed.size === 0) return undefined;
  for (const key of identifiers) {
    const id = placed.get(key);
    if (id !== undefined) return id;
  }
  return undefined;
}

function rootKey(identityId: number): string {
  return `#${identityId}`;
}

/** Union-find with path halving over string keys. */
export class UnionFind {
  readonly #parent = new Map<string, string>();

  find(key: string): string {
    let at = key;
    for (;;) {
      const up = this.#parent.get(at);
      if (up === undefined || up === at) return at;
      const above = this.#parent.get(up);
      if (above === undefined || above === up) return up;
      this.#parent.set(at, above);
      at = above;
    }
  }

  union(a: string, b: string): void {
    const rootA = this.find(a);
    const rootB = this.find(b);
    if (rootA !== rootB) this.#parent.set(rootA, rootB);
  }
}
