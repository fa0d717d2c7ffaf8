/**
 * The change a batch makes to the graph. PURE: state and groups in, changes out; no I/O, no clock, no randomness.
 *
 * It may assume that every identity of `group.roots` is locked and current in `state`, that every identifier not in
 * `state` was inserted by this transaction into `placed`, and that groups touch disjoint identities.
 */
import type { Observation } from "@kith/contracts";
import {
  type Age,
  ageOf,
  byAge,
  compareAges,
  type GraphState,
  type IdentifierKey,
  identifierKeys,
  isOlder,
  isOlderThan,
} from "./graph.ts";
import { type Group, UnionFind } from "./group-observations.ts";

/** What is to be written. */
export type Changes = {
  readonly created: IdentityWrite[];
  readonly survivors: IdentityWrite[];
  readonly absorbed: { id: number; into: number; by: string; version: number }[];
  /** All identifiers of `from` go to `to`. `from` is an absorbed identity, or a fresh id that found a better one. */
  readonly moves: { from: number; to: number }[];
  /** How many identifier rows the moves must touch. */
  readonly movedRows: number;
  readonly lowered: (Age & { key: IdentifierKey })[];
  readonly links: Observation[];
  readonly contacts: Observation[];
  /** Contacts that lost an identifier to an older observation; those that introduce nothing any more get deleted_at. */
  readonly superseded: string[];
};

export type IdentityWrite = Age & { id: number; version: number; size: number };

export type PlanInput = {
  readonly groups: readonly Group[];
  readonly state: GraphState;
  /** New identifiers of this transaction, with the identity they were inserted into. */
  readonly placed: ReadonlyMap<IdentifierKey, number>;
  /** Versions start above `generation * 2^40`. */
  readonly generation: number;
};

export function plan({ groups, state, placed, generation }: PlanInput): Changes {
  const changes: Changes & { movedRows: number } = {
    created: [],
    survivors: [],
    absorbed: [],
    moves: [],
    movedRows: 0,
    lowered: [],
    links: [],
    contacts: [],
    superseded: [],
  };
  const versionBase = generation * 2 ** 40;
  const introducers = new Map<string, Observation>();

  for (const group of groups) {
    let introduces = false;
    for (const [key, observation] of introducedBy(group, state)) {
      introduces = true;
      introducers.set(observation.obsId, observation);
      const known = state.identifiers.get(key);
      if (known === undefined) continue;
      changes.lowered.push({ key, ...ageOf(observation) });
      changes.superseded.push(known.firstObs);
    }
    for (const observation of group.observations) {
      if (observation.email !== null && observation.phone !== null) changes.links.push(observation);
    }
    // A new link inside one identity changes the evidence, not the contact: no new version.
    if (introduces || group.roots.length > 1) writeIdentities(group, changes, state, placed, versionBase);
  }

  changes.contacts.push(...introducers.values());
  changes.created.sort(byId);
  changes.survivors.sort(byId);
  changes.absorbed.sort(byId);
  changes.lowered.sort((a, b) => (a.key < b.key ? -1 : 1));
  changes.contacts.sort(byAge);
  return changes;
}

/** How many identities are made, changed and absorbed. */
export function countIdentities({ created, survivors, absorbed }: Changes): number {
  return created.length + survivors.length + absorbed.length;
}

/** True if the group changes an identity, so that the identities it touches must be locked. */
export function changesIdentity(group: Group, state: GraphState): boolean {
  return group.roots.length !== 1 || introducesAny(group, state);
}

/** True if {@link introducedBy} has any. */
function introducesAny({ observations, keys }: Group, state: GraphState): boolean {
  return observations.some((observation, index) =>
    keys[index]!.some((key) => isOldest(observation, undefined, state.identifiers.get(key))),
  );
}

/** The identifiers whose least age this group lowers (new ones included), each with the observation that does. */
export function introducedBy(
  { observations, keys }: Group,
  state: GraphState,
): Iterable<readonly [IdentifierKey, Observation]> {
  // Most groups are one observation, and a map is made for nothing.
  if (observations.length === 1) {
    const [observation] = observations as [Observation];
    const introduced = keys[0]!.filter((key) => isOldest(observation, undefined, state.identifiers.get(key)));
    return introduced.map((key) => [key, observation] as const);
  }
  const introduced = new Map<IdentifierKey, Observation>();
  for (let index = 0; index < observations.length; index++) {
    const observation = observations[index]!;
    for (const key of keys[index]!) {
      if (isOldest(observation, introduced.get(key), state.identifiers.get(key))) introduced.set(key, observation);
    }
  }
  return introduced;
}

function isOldest(observation: Observation, held: Observation | undefined, known: Age | undefined): boolean {
  if (held !== undefined) return isOlderThan(observation, held);
  return known === undefined || isOlder(observation, known);
}

function writeIdentities(
  group: Group,
  changes: Changes & { movedRows: number },
  state: GraphState,
  placed: ReadonlyMap<IdentifierKey, number>,
  versionBase: number,
): void {
  const { survivor, roots } = group;
  let newest = versionBase;
  let size = 0;
  let oldest: Age | undefined;
  const older = (age: Age) => {
    if (oldest === undefined || compareAges(age, oldest) < 0) oldest = age;
  };
  for (const id of roots) {
    const root = state.identities.get(id)!;
    newest = Math.max(newest, root.version);
    size += root.size;
    older(root);
  }
  for (const observation of group.observations) older(ageOf(observation));
  let misplaced: Map<number, number> | undefined;
  for (const key of group.identifiers) {
    const id = placed.get(key);
    if (id === undefined) continue;
    size += 1;
    if (id !== survivor) misplaced = addRows(misplaced, id, 1);
  }

  const write = { id: survivor, version: newest + 1, size, firstAt: oldest!.firstAt, firstObs: oldest!.firstObs };
  (roots.length === 0 ? changes.created : changes.survivors).push(write);

  if (roots.length > 1) {
    const gone = roots.filter((id) => id !== survivor);
    const mergedBy = mergingObservations(group, state);
    for (const id of gone) {
      const { version } = state.identities.get(id)!;
      changes.absorbed.push({ id, into: survivor, by: mergedBy.get(id)!, version: Math.max(version, versionBase) + 1 });
      misplaced = addRows(misplaced, id, state.identities.get(id)!.size);
    }
  }
  if (misplaced === undefined) return;
  for (const [from, rows] of misplaced) {
    changes.moves.push({ from, to: survivor });
    changes.movedRows += rows;
  }
}

/** Made when the first comes: most groups have no row to move. */
function addRows(to: Map<number, number> = new Map(), id: number, rows: number): Map<number, number> {
  return to.set(id, (to.get(id) ?? 0) + rows);
}

/** For each absorbed identity, the observation by which, in age order, it came to be one with the survivor. */
function mergingObservations(group: Group, state: GraphState): Map<number, string> {
  const forest = new UnionFind();
  const mergedBy = new Map<number, string>();
  const rootOf = (id: number) => `#${id}`;
  for (const key of group.identifiers) {
    const known = state.identifiers.get(key);
    if (known !== undefined) forest.union(key, rootOf(known.identityId));
  }
  const waiting = new Set(group.roots.filter((id) => id !== group.survivor));
  for (const observation of [...group.observations].sort(byAge)) {
    const [first, second] = identifierKeys(observation);
    if (second === undefined || forest.find(first!) === forest.find(second)) continue;
    forest.union(first!, second);
    const survivorTop = forest.find(rootOf(group.survivor));
    if (forest.find(first!) !== survivorTop) continue;
    for (const id of waiting) {
      if (forest.find(rootOf(id)) !== survivorTop) continue;
      mergedBy.set(id, observation.obsId);
      waiting.delete(id);
    }
  }
  return mergedBy;
}

function byId(a: { id: number }, b: { id: number }): number {
  return a.id - b.id;
}
