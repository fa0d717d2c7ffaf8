/**
 * One batch, one transaction: fence → read → lock → plan → write → commit. The offsets, the graph, the dead letters and
 * the outbox change together or not at all.
 *
 * Locks are taken in the order L0 mode < L1 offsets < L2 new identifiers < L3 identities < L4 links, each class in one
 * statement and in key order. So no two batches can wait for each other in a circle, and a batch that holds the locks of
 * all identities it changes sees their members as nobody else can change them. docs/reconciliation.md has the proof.
 */
import type { Observation } from "@kith/contracts";
import type { Database } from "@kith/database";
import { CompiledQuery } from "kysely";
import { assertAllMoved, assertOneIdentityEach, assertRows } from "./assert-changes.ts";
import { findResidual } from "./find-residual.ts";
import { ageOf, type GraphState, type IdentifierKey, identifierKeys, isOlder } from "./graph.ts";
import { type Group, groupObservations } from "./group-observations.ts";
import type { IdentityIds } from "./identity-ids.ts";
import { type Changes, changesIdentity, plan } from "./plan.ts";
import { advanceOffsets, type OffsetAdvance } from "./sql/advance-offsets.ts";
import { fenceOffsets } from "./sql/fence-offsets.ts";
import { insertContacts } from "./sql/insert-contacts.ts";
import { type DeadLetterRow, insertDeadLetters } from "./sql/insert-dead-letters.ts";
import { insertIdentifiers, type NewIdentifier } from "./sql/insert-identifiers.ts";
import { insertLinks } from "./sql/insert-links.ts";
import { lockIdentities } from "./sql/lock-identities.ts";
import { beginWithModeLock } from "./sql/lock-mode.ts";
import { lowerFirsts } from "./sql/lower-firsts.ts";
import { moveIdentifiers } from "./sql/move-identifiers.ts";
import { readGraph } from "./sql/read-graph.ts";
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
};

/** What a batch came to. `behind` records had been settled by another owner of the partition. */
export type BatchOutcome =
  | { kind: "committed"; observations: number; noOps: number; identities: number; deadLetters: number; behind: number }
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

/** Makes the function that settles a batch. It rejects with pg's error; nothing of the batch is kept then. */
export function createReconcileBatch(dependencies: ReconcileDependencies) {
  return async function reconcileBatch(batch: Batch): Promise<BatchOutcome> {
    return dependencies.db.connection().execute(async (db) => {
      for (let restarts = 0; ; restarts++) {
        const isExclusive = dependencies.writerMode === "serial" || restarts > dependencies.restartsMax;
        try {
          await beginWithModeLock(db, { modeKey: dependencies.modeKey, isExclusive });
          const outcome = await settle(db, batch, dependencies);
          if (outcome !== "restart" && outcome.kind === "committed") {
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
  dependencies: ReconcileDependencies,
): Promise<BatchOutcome | "restart"> {
  const { topicId, channel } = dependencies;
  const fence = await fenceOffsets(db, { topicId, partitions: batch.ranges.map((range) => range.partition) });
  const next = new Map(fence.map((row) => [row.partition, row.next_offset]));
  const ahead = batch.ranges.filter((range) => range.from > (next.get(range.partition) ?? -1));
  if (ahead.length > 0) return { kind: "positions-ahead", partitions: ahead.map((range) => range.partition) };

  const isNew = (place: { partition: number; offset: number }) => place.offset >= next.get(place.partition)!;
  const fresh = batch.observations.filter(isNew);
  const deadLetters = batch.deadLetters.filter(isNew);
  const advances = batch.ranges
    .map(({ partition, to }) => ({ partition, from: next.get(partition)!, to }))
    .filter(({ from, to }) => to > from);
  const behind = batch.observations.length - fresh.length + batch.deadLetters.length - deadLetters.length;
  if (advances.length === 0) return { kind: "nothing-left", behind };

  // Where the oldest of equal observations is behind the fence it has been applied, and the others change nothing.
  const residual = batch.residual?.filter(isNew) ?? (await findResidual(db, fresh));
  const changed = residual.length === 0 ? 0 : await applyObservations(db, residual, fence[0]!.generation, dependencies);
  if (changed === "restart") return "restart";

  if (deadLetters.length > 0) await insertDeadLetters(db, { topicId, rows: deadLetters });
  assertAllMoved(advances, await advanceOffsets(db, { topicId, channel, advances }));
  return {
    kind: "committed",
    observations: fresh.length,
    noOps: fresh.length - residual.length,
    identities: changed,
    deadLetters: deadLetters.length,
    behind,
  };
}

/** Read, lock, plan, write. Answers how many identities changed. */
async function applyObservations(
  db: Database,
  observations: readonly Observation[],
  generation: number,
  { identityIds }: ReconcileDependencies,
): Promise<number | "restart"> {
  const keys = [...new Set(observations.flatMap(identifierKeys))];
  const state: GraphState = { identifiers: new Map(), identities: new Map() };
  await readInto(state, db, keys);
  await identityIds.reserve(db, observations.length);

  let groups = groupObservations(observations, state, identityIds.take);
  const placed = new Map<IdentifierKey, number>();
  const fresh = newIdentifiers(groups, state);
  if (fresh.length > 0) {
    for (const row of await insertIdentifiers(db, fresh)) placed.set(`${row.kind}:${row.value}`, 0);
    for (const { key, identityId } of fresh) if (placed.has(key)) placed.set(key, identityId);
    if (placed.size < fresh.length) {
      // Another writer owns the missing ones, and has committed: they are known now. Everything is read again with them,
      // so that all of an identity's identifiers are of one version: the lock compares only the version.
      await readInto(
        state,
        db,
        keys.filter((key) => !placed.has(key)),
      );
      groups = groupObservations(observations, state, identityIds.take, placed);
    }
  }

  const changing = groups.filter((group) => changesIdentity(group, state));
  const locked = await lockRoots(db, changing, state);
  if (locked === "merged") return "restart";
  if (locked === "moved-on") {
    // The identities are locked and still roots, so each identifier read is still in its identity; but least ages may
    // have been lowered between the read and the lock. They are read again, and stay as they are from here on.
    const read = changing.flatMap((group) => [...group.identifiers]).filter((key) => !placed.has(key));
    await readInto(state, db, read);
  }

  const changes = plan({ groups, state, placed, generation });
  assertOneIdentityEach(groups, state, placed, changes);
  await write(db, changes);
  return changes.created.length + changes.survivors.length + changes.absorbed.length;
}

async function readInto(state: GraphState, db: Database, keys: readonly IdentifierKey[]): Promise<void> {
  for (const row of await readGraph(db, keys)) {
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

/** Locks the identities of the groups, and brings `state` up to what they are now. */
async function lockRoots(
  db: Database,
  groups: readonly Group[],
  state: GraphState,
): Promise<"same" | "moved-on" | "merged"> {
  const roots = groups.flatMap((group) => group.roots);
  if (roots.length === 0) return "same";
  let answer: "same" | "moved-on" = "same";
  for (const row of await lockIdentities(
    db,
    roots.sort((a, b) => a - b),
  )) {
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

async function write(db: Database, changes: Changes): Promise<void> {
  const identities = changes.created.length + changes.survivors.length + changes.absorbed.length;
  if (changes.moves.length > 0) {
    const [row] = await moveIdentifiers(db, changes.moves);
    assertRows("moved identifiers", changes.movedRows, row!.moved);
  }
  if (changes.lowered.length > 0) {
    assertRows("lowered firsts", changes.lowered.length, (await lowerFirsts(db, changes.lowered)).length);
  }
  if (identities > 0) assertRows("identities", identities, (await writeIdentities(db, changes)).length);
  if (changes.links.length > 0) await insertLinks(db, changes.links);
  if (changes.contacts.length > 0) await insertContacts(db, changes.contacts);
  if (changes.superseded.length > 0) await supersedeContacts(db, changes.superseded);
}
