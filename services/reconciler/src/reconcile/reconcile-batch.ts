/**
 * One batch, one transaction: fence → read → lock → plan → write → commit. The offsets, the graph, the dead letters and
 * the outbox change together or not at all.
 *
 * Locks are taken in the order L0 mode < L1 offsets < L2 new identifiers < L3 identities < L4 links, each class in one
 * statement and in key order. So no two batches can wait for each other in a circle, and a batch that holds the locks of
 * all identities it changes sees their members as nobody else can change them. docs/reconciliation.md has the proof.
 */
import type { Observation } from "@kith/contracts";
import { type Database, type StatementQuery, sendTogether } from "@kith/database";
import { CompiledQuery } from "kysely";
import { assertOneIdentityEach, assertRows } from "./assert-changes.ts";
import { withoutNoOps } from "./find-residual.ts";
import { foldObservations } from "./fold-observations.ts";
import { ageOf, type GraphState, type IdentifierKey, identifierKeys, isOlder } from "./graph.ts";
import { type Group, groupObservations } from "./group-observations.ts";
import type { IdentityIds } from "./identity-ids.ts";
import { type Changes, changesIdentity, plan } from "./plan.ts";
import { advanceOffsets, type OffsetAdvance } from "./sql/advance-offsets.ts";
import { fenceOffsets } from "./sql/fence-offsets.ts";
import { findNoOps } from "./sql/find-no-ops.ts";
import { insertContacts } from "./sql/insert-contacts.ts";
import { type DeadLetterRow, insertDeadLetters } from "./sql/insert-dead-letters.ts";
import { insertIdentifiers, type NewIdentifier } from "./sql/insert-identifiers.ts";
import { insertLinks } from "./sql/insert-links.ts";
import { type LockedIdentity, lockIdentities } from "./sql/lock-identities.ts";
import { beginWithModeLock } from "./sql/lock-mode.ts";
import { lowerFirsts } from "./sql/lower-firsts.ts";
import { moveIdentifiers } from "./sql/move-identifiers.ts";
import { type GraphRow, readGraph } from "./sql/read-graph.ts";
import { supersedeContacts } from "./sql/supersede-contacts.ts";
import { writeIdentities } from "./sql/write-identities.ts";

/** An observation with its place in the log. */
export type PlacedObservation = Observation & { readonly partition: number; readonly offset: number };

/** A batch: what lies in the log between `from` and `to` of each range, decoded. */
export type Batch = {
  readonly ranges: readonly OffsetAdvance[];
  readonly observations: readonly PlacedObservation[];
  readonly deadLetters: readonly DeadLetterRow[];
  /** What find-residual.ts left of the observations, if it has looked at them already. */
  readonly residual?: readonly PlacedObservation[];
  /** Everything is done but the commit: to find out whether it could be. */
  readonly isTrial?: boolean;
};

/** What a batch came to. `behind` records had been settled by another owner of the partition. */
export type BatchOutcome =
  | {
      kind: "committed";
      observations: number;
      noOps: number;
      identities: number;
      merges: number;
      deadLetters: number;
      behind: number;
      /** Times it began again because others had changed what it was about to lock. */
      restarts: number;
    }
  | { kind: "nothing-left"; behind: number }
  | { kind: "positions-ahead"; partitions: number[] };

export type ReconcileDependencies = {
  readonly db: Database;
  readonly topicId: string;
  readonly modeKey: bigint;
  readonly channel: string;
  readonly writerMode: "concurrent" | "serial";
  readonly identityIds: IdentityIds;
  /** How often a batch may start again because an identity it was about to lock had been merged away; then it works alone. */
  readonly restartsMax: number;
};

/**
 * Of this many observations at the most everything is read in one message, and new identifiers and identities are locked
 * in the next. Of more, the rows that turn out not to be needed cost more than the messages that are saved.
 */
const TOGETHER_MAX = 500;

/** Makes the function that settles a batch. It rejects with pg's error; nothing of the batch is kept then. */
export function createReconcileBatch(dependencies: ReconcileDependencies) {
  return async function reconcileBatch(batch: Batch): Promise<BatchOutcome> {
    return dependencies.db.connection().execute(async (db) => {
      for (let restarts = 0; ; restarts++) {
        try {
          const outcome = await settle(db, batch, restarts, dependencies);
          if (outcome !== "restart" && outcome.kind === "committed" && batch.isTrial !== true) {
            await db.executeQuery(CompiledQuery.raw("commit"));
            return outcome;
          }
          await db.executeQuery(CompiledQuery.raw("rollback"));
          if (outcome !== "restart") return outcome;
        } catch (error) {
          // Best effort: if the connection is gone, PostgreSQL rolls back by itself, and the first error is the one to tell.
          await db.executeQuery(CompiledQuery.raw("rollback")).catch(() => undefined);
          throw error;
        }
      }
    });
  };
}

/** Everything between BEGIN and COMMIT. */
async function settle(
  db: Database,
  batch: Batch,
  restarts: number,
  dependencies: ReconcileDependencies,
): Promise<BatchOutcome | "restart"> {
  const { topicId, channel } = dependencies;
  const { fence, residual, state } = await begin(db, batch, restarts, dependencies);
  const next = new Map(fence.map((row) => [row.partition, row.next_offset]));
  const ahead = batch.ranges.filter((range) => range.from > (next.get(range.partition) ?? -1));
  if (ahead.length > 0) return { kind: "positions-ahead", partitions: ahead.map((range) => range.partition) };

  const isNew = (place: { partition: number; offset: number }) => place.offset >= next.get(place.partition)!;
  const observations = batch.observations.filter(isNew).length;
  const deadLetters = batch.deadLetters.filter(isNew);
  const advances = batch.ranges
    .map(({ partition, to }) => ({ partition, from: next.get(partition)!, to }))
    .filter(({ from, to }) => to > from);
  const behind = batch.observations.length - observations + batch.deadLetters.length - deadLetters.length;
  if (advances.length === 0) return { kind: "nothing-left", behind };

  // Where the oldest of equal observations is behind the fence it has been applied, and the others change nothing.
  const changing = residual.filter(isNew);
  const planned = await planChanges(db, changing, state, {
    generation: fence[0]!.generation,
    identityIds: dependencies.identityIds,
    isEager: restarts === 0 && changing.length <= TOGETHER_MAX,
  });
  if (planned === "restart") return "restart";

  const { changes } = planned;
  const writes = writesOf(changes, planned.drawn);
  if (deadLetters.length > 0) writes.push({ query: insertDeadLetters.query({ topicId, rows: deadLetters }) });
  writes.push({
    query: advanceOffsets.query({ topicId, channel, advances }),
    assert: (rows) => assertRows("offsets", advances.length, rows.length),
  });
  const written = await sendTogether(
    db,
    writes.map(({ query }) => query),
  );
  for (const [index, { assert }] of writes.entries()) assert?.(written[index]!);
  return {
    kind: "committed",
    observations,
    noOps: observations - changing.length,
    identities: countIdentities(changes),
    merges: changes.absorbed.length,
    deadLetters: deadLetters.length,
    behind,
    restarts,
  };
}

/** L0, L1 and the first reads: where the partitions go on, what may change the graph, and the part of it that is touched. */
async function begin(
  db: Database,
  batch: Batch,
  restarts: number,
  { topicId, modeKey, writerMode, restartsMax }: ReconcileDependencies,
) {
  const folded = batch.residual ?? foldObservations(batch.observations);
  const isExclusive = writerMode === "serial" || restarts > restartsMax;
  const start = beginWithModeLock({ modeKey, isExclusive });
  const fencing = fenceOffsets.query({ topicId, partitions: batch.ranges.map((range) => range.partition) });
  const state: GraphState = { identifiers: new Map(), identities: new Map() };
  if (batch.residual !== undefined) {
    const keys = keysOf(folded);
    const [, fence, graph] = await sendTogether(db, [start, fencing, readGraph.query(keys)]);
    noteGraph(state, keys, graph);
    return { fence, residual: folded, state };
  }
  const isSmall = folded.length <= TOGETHER_MAX;
  const guess = isSmall ? keysOf(folded) : [];
  const looking = findNoOps.query(folded);
  const [, fence, noOps, graph] = await sendTogether(db, [start, fencing, looking, readGraph.query(guess)]);
  noteGraph(state, guess, graph);
  const residual = withoutNoOps(folded, noOps);
  if (!isSmall) await readInto(state, db, keysOf(residual));
  return { fence, residual, state };
}

type PlanInput = {
  readonly generation: number;
  readonly identityIds: IdentityIds;
  /** Locks the identities in the message that inserts the identifiers. If one of these belongs to another: restart. */
  readonly isEager: boolean;
};

/** The new identifiers of this transaction with their identities, and the ids of the contacts that introduce them. */
type Inserted = { readonly placed: Map<IdentifierKey, number>; readonly drawn: Map<string, number> };

/** Lock, read again what has moved on, plan. `state` is what was read without locks. */
async function planChanges(
  db: Database,
  observations: readonly Observation[],
  state: GraphState,
  { generation, identityIds, isEager }: PlanInput,
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

function keysOf(observations: readonly Observation[]): IdentifierKey[] {
  return [...new Set(observations.flatMap(identifierKeys))];
}

async function readInto(state: GraphState, db: Database, keys: readonly IdentifierKey[]): Promise<void> {
  noteGraph(state, keys, await readGraph(db, keys));
}

function noteGraph(state: GraphState, keys: readonly IdentifierKey[], rows: readonly GraphRow[]): void {
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

/** Brings `state` up to what the locked identities are now. */
function noteLocked(state: GraphState, rows: readonly LockedIdentity[]): "same" | "moved-on" | "merged" {
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

type Write = {
  readonly query: StatementQuery<unknown>;
  /** What must hold of its rows before the batch is committed. */
  readonly assert?: (rows: readonly unknown[]) => void;
};

/** The statements of W and L4, in their order. */
function writesOf(changes: Changes, drawn: ReadonlyMap<string, number>): Write[] {
  const writes: Write[] = [];
  if (changes.contacts.length > 0) writes.push({ query: insertContacts.query({ contacts: changes.contacts, drawn }) });
  if (changes.moves.length > 0) {
    writes.push({
      query: moveIdentifiers.query(changes.moves),
      assert: ([row]) => assertRows("moved identifiers", changes.movedRows, (row as { moved: number }).moved),
    });
  }
  if (changes.lowered.length > 0) {
    writes.push({
      query: lowerFirsts.query(changes.lowered),
      assert: (rows) => assertRows("lowered firsts", changes.lowered.length, rows.length),
    });
  }
  if (countIdentities(changes) > 0) {
    writes.push({
      query: writeIdentities.query(changes),
      assert: (rows) => assertRows("identities", countIdentities(changes), rows.length),
    });
  }
  if (changes.links.length > 0) writes.push({ query: insertLinks.query(changes.links) });
  if (changes.superseded.length > 0) writes.push({ query: supersedeContacts.query(changes.superseded) });
  return writes;
}

function countIdentities({ created, survivors, absorbed }: Changes): number {
  return created.length + survivors.length + absorbed.length;
}
