/**
 * From what was read without locks to what is to be written: inserts the new identifiers (L2), locks the identities that
 * change (L3), lets their contacts be written (L4) while it reads again what has moved on meanwhile, and plans.
 */
import type { Observation } from "@kith/contracts";
import { isUniqueViolation, type Session, sendTogether, type Written } from "@kith/database";
import { assertOneIdentityEach, InvariantViolation } from "./assert-changes.ts";
import type { FreshIds } from "./fresh-ids.ts";
import { compareAges, type GraphState, type IdentifierKey } from "./graph.ts";
import { type Group, groupObservations } from "./group-observations.ts";
import { type Changes, changesIdentity, introducedBy, plan } from "./plan.ts";
import { keysOf, noteLocked, readInto } from "./read-into.ts";
import { type ContactToInsert, insertFreshContacts } from "./sql/insert-contacts.ts";
import { findInserted, insertIdentifiers, type NewIdentifier } from "./sql/insert-identifiers.ts";
import { lockIdentities } from "./sql/lock-identities.ts";

/** From so many observations on, a message more costs less than what the server waits for. */
const CONTACTS_LATER_FROM = 500;

export type LockAndPlanInput = {
  readonly generation: number;
  readonly freshIds: FreshIds;
  /** Locks the identities in the message that inserts the identifiers. If one of these belongs to another: restart. */
  readonly isEager: boolean;
};

export type Planned = {
  readonly changes: Changes;
  /** The new identifiers that this transaction has inserted, each in the identity it was put in. */
  readonly inserted: readonly NewIdentifier[];
  /** The contacts of these. The server writes them while the plan is made. */
  readonly contacts: readonly ContactToInsert[];
  /** Resolves once they are written. Its error is the reason of that of any later statement. */
  readonly contactsWritten: Promise<void>;
};

/** The new identifiers of this transaction, with the identity each was put in. */
type Placed = Map<IdentifierKey, number>;

/** Lock, read again what has moved on, plan. `state` is what was read without locks. */
export async function lockAndPlan(
  db: Session,
  observations: readonly Observation[],
  state: GraphState,
  { generation, freshIds, isEager }: LockAndPlanInput,
): Promise<Planned | "restart"> {
  await freshIds.reserve(db, observations.length, generation);
  let groups = groupObservations(observations, state, freshIds.takeIdentity);
  const placed: Placed = new Map();
  const fresh = newIdentifiers(groups, state, freshIds.takeContact);
  let inserted = fresh;
  if (!isEager && fresh.rows.length > 0) {
    inserted = await whatIsOurs(db, fresh, await insertIdentifiers(db, fresh.rows));
    place(inserted, placed);
    if (inserted.rows.length < fresh.rows.length) {
      // Another writer owns the missing ones, and has committed: they are known now. Everything is read again with them,
      // so that all of an identity's identifiers are of one version: the lock compares only the version.
      await readInto(state, db, withoutPlaced(keysOf(observations), placed));
      groups = groupObservations(observations, state, freshIds.takeIdentity, placed);
    }
  }

  const roots = rootsToLock(groups, state);
  const inserting = isEager && fresh.rows.length > 0 ? insertIdentifiers.query(fresh.rows) : undefined;
  const locking = sendTogether(db, [inserting, roots.length > 0 ? lockIdentities.query(roots) : undefined]);
  // Of a large batch the server begins while the contacts are still put into words.
  if (observations.length >= CONTACTS_LATER_FROM) await Promise.resolve();
  const contactsWritten = writeContacts(db, inserted.contacts);
  contactsWritten.catch(() => undefined); // What comes before it may fail first.
  const [counts, identities] = await locking;
  if (inserting !== undefined) {
    // All roots that were known are locked, but they may not be all, and a class is locked at once.
    if (counts[0]!.written < fresh.rows.length) return "restart";
    place(fresh, placed);
  }
  const locked = noteLocked(state, identities);
  if (locked === "merged") return "restart";
  if (locked === "moved-on") {
    // The identities are locked and still roots, so each identifier read is still in its identity; but least ages may
    // have been lowered between the read and the lock. They are read again, and stay as they are from here on.
    await contactsWritten;
    await readInto(state, db, withoutPlaced(identifiersToChange(groups, state), placed));
  }

  const changes = plan({ groups, state, placed, generation });
  assertOneIdentityEach(groups, state, placed, changes);
  return { changes, inserted: inserted.rows, contacts: inserted.contacts, contactsWritten };
}

/** L4. */
async function writeContacts(db: Session, contacts: readonly ContactToInsert[]): Promise<void> {
  if (contacts.length === 0) return;
  try {
    await insertFreshContacts(db, contacts);
  } catch (error) {
    if (isUniqueViolation(error)) throw new InvariantViolation("the contact of a new identifier is there already");
    throw error;
  }
}

/** Which of the new identifiers this transaction has inserted; the others are another writer's. */
async function whatIsOurs(db: Session, fresh: Fresh, [count]: readonly Written[]): Promise<Fresh> {
  if (count!.written === fresh.rows.length) return fresh;
  const rows = (await findInserted(db, fresh.rows)).map(({ position }) => fresh.rows[position - 1]!);
  const ids = new Set(rows.map(({ contactId }) => contactId));
  return { rows, contacts: fresh.contacts.filter(({ id }) => ids.has(id)) };
}

/** New identifiers, in key order, and the contacts of the observations that introduce them, oldest first. */
type Fresh = { readonly rows: readonly NewIdentifier[]; readonly contacts: readonly ContactToInsert[] };

/**
 * The identifiers that are not known, each with its least age in the batch, the identity it goes to, and its contact.
 * Contacts get their ids oldest first, so that ids follow age in a batch.
 */
function newIdentifiers(groups: readonly Group[], state: GraphState, takeContact: () => number): Fresh {
  const rows: (NewIdentifier & { contactId: number; readonly observation: Observation })[] = [];
  for (const group of groups) {
    for (const [key, observation] of introducedBy(group, state)) {
      if (state.identifiers.has(key)) continue;
      const { seenAt: firstAt, obsId: firstObs } = observation;
      rows.push({ key, identityId: group.survivor, firstAt, firstObs, contactId: 0, observation });
    }
  }
  rows.sort(compareAges);
  const contacts: ContactToInsert[] = [];
  for (const row of rows) {
    // An observation that introduces both of its identifiers stands here twice, one behind the other.
    if (contacts.at(-1)?.observation.obsId !== row.firstObs) {
      contacts.push({ id: takeContact(), observation: row.observation });
    }
    row.contactId = contacts.at(-1)!.id;
  }
  return { rows: rows.sort((a, b) => (a.key < b.key ? -1 : 1)), contacts };
}

function place({ rows }: Fresh, placed: Placed): void {
  for (const { key, identityId } of rows) placed.set(key, identityId);
}

function withoutPlaced(keys: readonly IdentifierKey[], placed: Placed): IdentifierKey[] {
  return keys.filter((key) => !placed.has(key));
}

/** The identities that the groups change, in the order in which they are locked. */
function rootsToLock(groups: readonly Group[], state: GraphState): number[] {
  return changing(groups, state)
    .flatMap((group) => group.roots)
    .sort((a, b) => a - b);
}

/** The identifiers of the identities that the groups change, as far as the batch names them. */
function identifiersToChange(groups: readonly Group[], state: GraphState): IdentifierKey[] {
  return changing(groups, state).flatMap((group) => [...group.identifiers]);
}

function changing(groups: readonly Group[], state: GraphState): Group[] {
  return groups.filter((group) => changesIdentity(group, state));
}
