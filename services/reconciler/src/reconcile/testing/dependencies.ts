/** What a test settles batches with: a database of its own, nobody told, and the ways that a batch may go. */
import { advisoryKey, committedChannel, type Database } from "@kith/database";
import type { TestDatabase } from "@kith/testkit";
import { createFreshIds } from "../fresh-ids.ts";
import type { ReconcileDependencies } from "../reconcile-batch.ts";

/** For one reconciler, which writes through `db`. */
export function dependenciesOf(database: TestDatabase, db: Database, topicId: string): ReconcileDependencies {
  return {
    db,
    topicId,
    modeKey: advisoryKey(database.schema, "mode"),
    channel: committedChannel(database.schema),
    writerMode: "concurrent",
    freshIds: createFreshIds(),
    restartsMax: 4,
  };
}

export type Way = { readonly way: string; readonly options: Partial<ReconcileDependencies> };

/** Small batches read by one statement; large ones that have had company wait for the answer to each. */
export const WAYS: readonly Way[] = [
  { way: "as small batches", options: {} },
  { way: "as large batches", options: { togetherMax: 0 } },
  { way: "as large batches in company", options: { togetherMax: 0, waryBatches: Number.POSITIVE_INFINITY } },
];
