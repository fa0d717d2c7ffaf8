/**
 * From what was read without locks to what is to be written: inserts the new identifiers (L2), locks the identities that
 * change (L3), reads again what has moved on meanwhile, and plans.
 */
import type { Observation } from "@kith/contracts";
import { type Database, sendTogether } from "@kith/database";
import { assertOneIdentityEach } from "./assert-changes.ts";
import type { FreshIds } from "./fresh-ids.ts";
import { compareAges, type GraphState, type IdentifierKey, isOlderThan } from "./graph.ts";
import { type Group, groupObservations } from "./group-observations.ts";
import { type Changes, changesIdentity, plan } from "./plan.ts";
import { keysOf, noteLocked, readInto } from "./read-into.ts";
import { findInserted, insertIdentifiers, type NewIdentifier } from "./sql/insert-identifiers.ts";
import { lockIdentities } from "./sql/lock-identities.ts";

export type LockAndPlanInput = {
  readonly generation: number;
  readonly freshIds: FreshIds;
  /** Locks the identities in the message that inserts the identifiers. If one of these belongs to another: restart. */
  readonly isEager: boolean;
};

export type Planned = {
  readonly changes: Changes;
  readonly contactIdOf: (obsId: string) => number;
  /** The new identifiers that this transaction has inserted, each in the identity it was put in. */
  readonly inserted: readonly NewIdentifier[];
};

/** The new identifiers of this transaction, with the identity each was put in. */
type Placed = Map<IdentifierKey, number>;

/** Lock, read again what has moved on, plan. `state` is what was read without locks. */
export async function lockAndPlan(
  db: Database,
  observations: readonly Observation[],
  state: GraphState,
  { generation, freshIds, isEager }: LockAndPlanInput,
): Promise<Planned | "restart"> {
  await freshIds.reserve(db, observations.length, generation);
  let groups = groupObservations(observations, state, freshIds.takeIdentity);
  const contactIdOf = handOut(freshIds.takeContact);
  const placed: Placed = new Map();
  const fresh = newIdentifiers(groups, state, contactIdOf);
  let locked = isEager ? await insertAndLock(db, fresh, groups, state, placed) : undefined;
  if (locked === undefined) {
    if (fresh.length > 0) await notePlaced(db, placed, fresh, await insertIdentifiers(db, fresh));
    if (placed.size < fresh.length) {
      // Another writer owns the missing ones, and has committed: they are known now. Everything is read again with them,
      // so that all of an identity's identifiers are of one version: the lock compares only the version.
      await readInto(
        state,
        db,
        keysOf(observations).filter((key) => !placed.has(key)),
      );
      groups = groupObservations(observations, state, freshIds.takeIdentity, placed);
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
  const inserted = placed.size === fresh.length ? fresh : fresh.filter(({ key }) => placed.has(key));
  return { changes, contactIdOf, inserted };
}

/** L2 and L3 in one message. `overtaken`: identities are locked, but they may not be all, and a class is locked at once. */
async function insertAndLock(
  db: Database,
  fresh: readonly NewIdentifier[],
  groups: readonly Group[],
  state: GraphState,
  placed: Placed,
): Promise<"same" | "moved-on" | "merged" | "overtaken" | undefined> {
  const roots = rootsToLock(groups, state);
  if (fresh.length === 0 || roots.length === 0) return undefined;
  const [counts, identities] = await sendTogether(db, [insertIdentifiers.query(fresh), lockIdentities.query(roots)]);
  if (counts[0]!.inserted < fresh.length) return "overtaken";
  await notePlaced(db, placed, fresh, counts);
  return noteLocked(state, identities);
}

async function notePlaced(
  db: Database,
  placed: Placed,
  fresh: readonly NewIdentifier[],
  [count]: readonly { inserted: number }[],
): Promise<void> {
  const areAllOurs = count!.inserted === fresh.length;
  const ours = areAllOurs ? fresh : (await findInserted(db, fresh)).map(({ position }) => fresh[position - 1]!);
  for (const { key, identityId } of ours) placed.set(key, identityId);
}

/** Gives each observation a contact id when it is first asked for. */
function handOut(takeContact: () => number): (obsId: string) => number {
  const given = new Map<string, number>();
  return (obsId) => {
    const known = given.get(obsId);
    if (known !== undefined) return known;
    const id = takeContact();
    given.set(obsId, id);
    return id;
  };
}

/**
 * The identifiers that are not known, each with its least age in the batch, the identity it goes to, and its contact, in
 * key order. Contacts get their ids oldest first, so that ids follow age in a batch.
 */
function newIdentifiers(
  groups: readonly Group[],
  state: GraphState,
  contactIdOf: (obsId: string) => number,
): NewIdentifier[] {
  const rows: (NewIdentifier & { contactId: number })[] = [];
  for (const group of groups) {
    const oldest = new Map<IdentifierKey, Observation>();
    for (let index = 0; index < group.observations.length; index++) {
      const observation = group.observations[index]!;
      for (const key of group.keys[index]!) {
        if (state.identifiers.has(key)) continue;
        const held = oldest.get(key);
        if (held === undefined || isOlderThan(observation, held)) oldest.set(key, observation);
      }
    }
    for (const [key, { seenAt: firstAt, obsId: firstObs }] of oldest) {
      rows.push({ key, identityId: group.survivor, firstAt, firstObs, contactId: 0 });
    }
  }
  rows.sort(compareAges);
  for (const row of rows) row.contactId = contactIdOf(row.firstObs);
  return rows.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The identities that the groups change, in the order in which they are locked. */
function rootsToLock(groups: readonly Group[], state: GraphState): number[] {
  const changing = groups.filter((group) => changesIdentity(group, state));
  return changing.flatMap((group) => group.roots).sort((a, b) => a - b);
}
