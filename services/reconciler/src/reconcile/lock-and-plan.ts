/**
 * From what was read without locks to what is to be written: inserts the new identifiers (L2), locks the identities that
 * change (L3), reads again what has moved on meanwhile, and plans.
 */
import type { Observation } from "@kith/contracts";
import { type Database, sendTogether } from "@kith/database";
import { assertOneIdentityEach } from "./assert-changes.ts";
import { ageOf, type GraphState, type IdentifierKey, identifierKeys, isOlder } from "./graph.ts";
import { type Group, groupObservations } from "./group-observations.ts";
import type { IdentityIds } from "./identity-ids.ts";
import { type Changes, changesIdentity, plan } from "./plan.ts";
import { keysOf, noteLocked, readInto } from "./read-into.ts";
import { insertIdentifiers, type NewIdentifier } from "./sql/insert-identifiers.ts";
import { lockIdentities } from "./sql/lock-identities.ts";

export type LockAndPlanInput = {
  readonly generation: number;
  readonly identityIds: IdentityIds;
  /** Locks the identities in the message that inserts the identifiers. If one of these belongs to another: restart. */
  readonly isEager: boolean;
};

/** The new identifiers of this transaction with their identities, and the ids of the contacts that introduce them. */
type Inserted = { readonly placed: Map<IdentifierKey, number>; readonly drawn: Map<string, number> };

/** Lock, read again what has moved on, plan. `state` is what was read without locks. */
export async function lockAndPlan(
  db: Database,
  observations: readonly Observation[],
  state: GraphState,
  { generation, identityIds, isEager }: LockAndPlanInput,
): Promise<{ changes: Changes; drawn: ReadonlyMap<string, number> } | "restart"> {
  await identityIds.reserve(db, observations.length, generation);
  let groups = groupObservations(observations, state, identityIds.take);
  const inserted: Inserted = { placed: new Map(), drawn: new Map() };
  const { placed, drawn } = inserted;
  const fresh = newIdentifiers(groups, state);
  let locked = isEager ? await insertAndLock(db, fresh, groups, state, inserted) : undefined;
  if (locked === undefined) {
    if (fresh.length > 0) notePlaced(inserted, fresh, await insertIdentifiers(db, fresh));
    if (placed.size < fresh.length) {
      // Another writer owns the missing ones, and has committed: they are known now. Everything is read again with them,
      // so that all of an identity's identifiers are of one version: the lock compares only the version.
      await readInto(
        state,
        db,
        keysOf(observations).filter((key) => !placed.has(key)),
      );
      groups = groupObservations(observations, state, identityIds.take, placed);
    }
    const roots = rootsToLock(groups, state);
    locked = roots.length === 0 ? "same" : noteLocked(state, await lockIdentities(db, roots));
  }
  if (locked === "merged" || locked === "overtaken") return "restart";
  if (locked === "moved-on") {
    // The identities are locked and still roots, so each identifier read is still in its identity; but least ages may
    // have been lowered between the read and the lock. They are read again, and stay as they are from here on.
    const changing = groups.filter((group) => changesIdentity(group, state));
    const read = changing.flatMap((group) => [...group.identifiers]).filter((key) => !placed.has(key));
    await readInto(state, db, read);
  }

  const changes = plan({ groups, state, placed, generation });
  assertOneIdentityEach(groups, state, placed, changes);
  return { changes, drawn };
}

/** L2 and L3 in one message. `overtaken`: identities are locked, but they may not be all, and a class is locked at once. */
async function insertAndLock(
  db: Database,
  fresh: readonly NewIdentifier[],
  groups: readonly Group[],
  state: GraphState,
  inserted: Inserted,
): Promise<"same" | "moved-on" | "merged" | "overtaken" | undefined> {
  const roots = rootsToLock(groups, state);
  if (fresh.length === 0 || roots.length === 0) return undefined;
  const [rows, identities] = await sendTogether(db, [insertIdentifiers.query(fresh), lockIdentities.query(roots)]);
  notePlaced(inserted, fresh, rows);
  return rows.length < fresh.length ? "overtaken" : noteLocked(state, identities);
}

function notePlaced(
  { placed, drawn }: Inserted,
  fresh: readonly NewIdentifier[],
  rows: readonly { kind: number; value: string; first_obs: string; contact_id: number }[],
): void {
  const ours = new Set<IdentifierKey>();
  for (const row of rows) {
    ours.add(`${row.kind}:${row.value}`);
    drawn.set(row.first_obs, row.contact_id);
  }
  for (const { key, identityId } of fresh) if (ours.has(key)) placed.set(key, identityId);
}

/** The identifiers that are not known, each with its least age in the batch and the identity it goes to, in key order. */
function newIdentifiers(groups: readonly Group[], state: GraphState): NewIdentifier[] {
  const rows: NewIdentifier[] = [];
  for (const group of groups) {
    const oldest = new Map<IdentifierKey, Observation>();
    for (const observation of group.observations) {
      for (const key of identifierKeys(observation)) {
        if (state.identifiers.has(key)) continue;
        const held = oldest.get(key);
        if (held === undefined || isOlder(observation, ageOf(held))) oldest.set(key, observation);
      }
    }
    for (const [key, observation] of oldest) rows.push({ key, identityId: group.survivor, ...ageOf(observation) });
  }
  return rows.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The identities that the groups change, in the order in which they are locked. */
function rootsToLock(groups: readonly Group[], state: GraphState): number[] {
  const changing = groups.filter((group) => changesIdentity(group, state));
  return changing.flatMap((group) => group.roots).sort((a, b) => a - b);
}
