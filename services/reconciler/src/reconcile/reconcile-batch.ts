/**
 * One batch, one transaction: fence → read → lock → plan → write → commit. The offsets, the graph, the dead letters and
 * the outbox change together or not at all.
 *
 * Locks are taken in the order L0 mode < L1 offsets < L2 new identifiers < L3 identities < L4 contacts <
 * L5 links, each in key order. So no two batches can wait for each other in a circle, and a batch that holds the locks of
 * all identities it changes sees their members as nobody else can change them. docs/reconciliation.md has the proof.
 */
import type { Observation } from "@kith/contracts";
import { type Database, type IdentityRow, type Session, sendTogether, withSession } from "@kith/database";
import { CompiledQuery } from "kysely";
import { assertRows } from "./assert-changes.ts";
import { withoutNoOps } from "./find-residual.ts";
import { foldObservations } from "./fold-observations.ts";
import type { FreshIds } from "./fresh-ids.ts";
import type { GraphState } from "./graph.ts";
import { listCreated } from "./list-created.ts";
import { listOutgrown, type Outgrown } from "./list-outgrown.ts";
import { listWrites } from "./list-writes.ts";
import { lockAndPlan } from "./lock-and-plan.ts";
import { countIdentities } from "./plan.ts";
import { keysOf, noteGraph, noteResidual, readInto } from "./read-into.ts";
import { advanceOffsets, type OffsetAdvance } from "./sql/advance-offsets.ts";
import { fenceOffsets } from "./sql/fence-offsets.ts";
import { findNoOps } from "./sql/find-no-ops.ts";
import { type DeadLetterRow, insertDeadLetters } from "./sql/insert-dead-letters.ts";
import { beginWithModeLock } from "./sql/lock-mode.ts";
import { readGraph } from "./sql/read-graph.ts";
import { readResidual } from "./sql/read-residual.ts";

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
      outgrown: readonly Outgrown[];
    }
  | { kind: "nothing-left"; behind: number }
  | { kind: "positions-ahead"; partitions: number[] };

export type ReconcileDependencies = {
  readonly db: Database;
  readonly topicId: string;
  readonly modeKey: bigint;
  readonly channel: string;
  readonly writerMode: "concurrent" | "serial";
  readonly freshIds: FreshIds;
  /** How often a batch may start again because an identity it was about to lock had been merged away; then it works alone. */
  readonly restartsMax: number;
  /** In the place of {@link TOGETHER_MAX}: for tests of small batches that go the way of large ones. */
  readonly togetherMax?: number;
  /** In the place of {@link WARY_BATCHES}, from the start on: for tests of the way of large batches that have company. */
  readonly waryBatches?: number;
  /** Told, once a batch is committed, of the identities it created. */
  readonly onCreated?: ((rows: readonly IdentityRow[]) => void) | undefined;
};

/** Of this many observations at the most everything is read by one statement. */
const TOGETHER_MAX = 500;
/**
 * New identifiers and identities are locked in one message, which has to be given up where another writer comes in
 * between. A small batch tries that each time. A large one costs more to do again than the message: after a restart so
 * many of them wait for each answer.
 */
const WARY_BATCHES = 64;

/** Makes the function that settles a batch. It rejects with pg's error; nothing of the batch is kept then. */
export function createReconcileBatch(dependencies: ReconcileDependencies) {
  const { freshIds, togetherMax = TOGETHER_MAX } = dependencies;
  let wary = dependencies.waryBatches ?? 0;

  function rollBack(db: Session) {
    freshIds.forget();
    return db.executeQuery(CompiledQuery.raw("rollback"));
  }

  function isEager(size: number, restarts: number): boolean {
    if (restarts > 0) {
      wary = Math.max(wary, WARY_BATCHES);
      return false;
    }
    if (size <= togetherMax || wary === 0) return true;
    wary -= 1;
    return false;
  }

  return function reconcileBatch(batch: Batch): Promise<BatchOutcome> {
    return withSession(dependencies.db, async (db) => {
      for (let restarts = 0; ; restarts++) {
        try {
          const attempt = { restarts, isEager: (size: number) => isEager(size, restarts) };
          const { outcome, created } = await settle(db, batch, attempt, dependencies);
          if (outcome !== "restart" && outcome.kind === "committed" && batch.isTrial !== true) {
            await db.executeQuery(CompiledQuery.raw("commit"));
            if (created !== undefined) dependencies.onCreated?.(created);
            return outcome;
          }
          await rollBack(db);
          if (outcome !== "restart") return outcome;
        } catch (error) {
          // Best effort: if the connection is gone, PostgreSQL rolls back by itself, and the first error is the one to tell.
          await rollBack(db).catch(() => undefined);
          throw error;
        }
      }
    });
  };
}

/** One try at a batch: the how-manieth, and whether one of so many observations locks everything in one message. */
type Attempt = { readonly restarts: number; readonly isEager: (size: number) => boolean };

/** What came of it. */
type Settled = {
  readonly outcome: BatchOutcome | "restart";
  /** What it created, if anybody wants to know. */
  readonly created?: IdentityRow[] | undefined;
};

/** Everything between BEGIN and COMMIT. */
async function settle(
  db: Session,
  batch: Batch,
  { restarts, isEager }: Attempt,
  dependencies: ReconcileDependencies,
): Promise<Settled> {
  const { topicId, channel, onCreated } = dependencies;
  const { fence, residual, state } = await begin(db, batch, restarts, dependencies);
  const next = new Map(fence.map((row) => [row.partition, row.next_offset]));
  const ahead = batch.ranges.filter((range) => range.from > (next.get(range.partition) ?? -1));
  if (ahead.length > 0) {
    return { outcome: { kind: "positions-ahead", partitions: ahead.map((range) => range.partition) } };
  }

  const isNew = (place: { partition: number; offset: number }) => place.offset >= next.get(place.partition)!;
  const observations = batch.observations.filter(isNew).length;
  const deadLetters = batch.deadLetters.filter(isNew);
  const advances = batch.ranges
    .map(({ partition, to }) => ({ partition, from: next.get(partition)!, to }))
    .filter(({ from, to }) => to > from);
  const behind = batch.observations.length - observations + batch.deadLetters.length - deadLetters.length;
  if (advances.length === 0) return { outcome: { kind: "nothing-left", behind } };

  // Where the oldest of equal observations is behind the fence it has been applied, and the others change nothing.
  const changing = residual.filter(isNew);
  const planned = await lockAndPlan(db, changing, state, {
    generation: fence[0]!.generation,
    freshIds: dependencies.freshIds,
    isEager: isEager(changing.length),
  });
  if (planned === "restart") return { outcome: "restart" };

  const { changes } = planned;
  const writes = listWrites(planned, dependencies.freshIds.takeContact);
  if (deadLetters.length > 0) writes.push({ query: insertDeadLetters.query({ topicId, rows: deadLetters }) });
  writes.push({
    query: advanceOffsets.query({ topicId, channel, advances }),
    assert: (rows) => assertRows("offsets", advances.length, rows.length),
  });
  const writing = sendTogether(
    db,
    writes.map(({ query }) => query),
  );
  writing.catch(() => undefined); // Where the contacts fail, so do these.
  await planned.contactsWritten;
  const written = await writing;
  for (const [index, { assert }] of writes.entries()) assert?.(written[index]!);
  const outcome: BatchOutcome = {
    kind: "committed",
    observations,
    noOps: observations - changing.length,
    identities: countIdentities(changes),
    merges: changes.absorbed.length,
    deadLetters: deadLetters.length,
    behind,
    restarts,
    outgrown: listOutgrown(changes, state),
  };
  return { outcome, created: onCreated && listCreated(changes.created, planned.inserted, fence[0]!.now_ms) };
}

/** L0, L1 and the first reads: where the partitions go on, what may change the graph, and the part of it that is touched. */
async function begin(
  db: Session,
  batch: Batch,
  restarts: number,
  { topicId, modeKey, writerMode, restartsMax, freshIds, togetherMax = TOGETHER_MAX }: ReconcileDependencies,
) {
  const folded = batch.residual ?? foldObservations(batch.observations);
  const isExclusive = writerMode === "serial" || restarts > restartsMax;
  const start = beginWithModeLock({ modeKey, isExclusive });
  const fencing = fenceOffsets.query({ topicId, partitions: batch.ranges.map((range) => range.partition) });
  const drawing = freshIds.toDraw(folded.length);
  const state: GraphState = { identifiers: new Map(), identities: new Map() };
  if (batch.residual !== undefined) {
    const keys = keysOf(folded);
    const [, fence, graph, drawn] = await sendTogether(db, [start, fencing, readGraph.query(keys), drawing]);
    if (fence[0] !== undefined) freshIds.restock(drawn, fence[0].generation);
    noteGraph(state, keys, graph);
    return { fence, residual: folded, state };
  }
  if (folded.length <= togetherMax) {
    const [, fence, rows, drawn] = await sendTogether(db, [start, fencing, readResidual.query(folded), drawing]);
    if (fence[0] !== undefined) freshIds.restock(drawn, fence[0].generation);
    return { fence, residual: noteResidual(state, folded, rows), state };
  }
  const [, fence, noOps] = await sendTogether(db, [start, fencing, findNoOps.query(folded)]);
  const residual = withoutNoOps(folded, noOps);
  await readInto(state, db, keysOf(residual));
  return { fence, residual, state };
}
