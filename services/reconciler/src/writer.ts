/**
 * Intake → database: takes whatever is waiting as one batch and settles it, one batch at a time, until it is stopped.
 * Under a backlog the next batch is looked at while this one is being written: the lock-free half of the work of one
 * beside the locked half of the other.
 */
import type { Intake, TakenBatch } from "./intake.ts";
import type { BatchOutcome, PlacedObservation } from "./reconcile/reconcile-batch.ts";
import type { Settled } from "./settle.ts";

export type WriterDependencies = {
  readonly intake: Intake;
  readonly settle: (batch: TakenBatch) => Promise<Settled>;
  /** find-residual.ts on a connection of its own. */
  readonly findResidual: (observations: readonly PlacedObservation[]) => Promise<PlacedObservation[]>;
  readonly onSettled: (batch: TakenBatch, outcomes: readonly BatchOutcome[], durationMs: number) => void;
};

/** Why the writer ended: `closed` is the clean way. */
export type WriterEnd = "closed" | "positions-ahead" | "read-again" | "shutdown" | "violation" | "breaker";

export function createWriter({ intake, settle, findResidual, onSettled }: WriterDependencies) {
  /** The next batch, looked at, if a whole one comes to wait before `settling` is over. */
  async function lookAhead(settling: Promise<unknown>): Promise<TakenBatch | undefined> {
    await new Promise<void>((resolve) => {
      intake.whenFull(resolve);
      const isOver = () => {
        intake.whenFull(undefined);
        resolve();
      };
      settling.then(isOver, isOver);
    });
    const batch = intake.takeFull();
    if (batch === undefined) return undefined;
    try {
      return { ...batch, residual: await findResidual(batch.observations) };
    } catch {
      // Settling the batch meets the same failure, and there it is classified.
      return batch;
    }
  }

  return async function runWriter(): Promise<WriterEnd> {
    let ahead: TakenBatch | undefined;
    for (;;) {
      const batch = ahead ?? (await intake.take());
      if (batch === undefined) return "closed";
      const started = performance.now();
      const settling = settle(batch);
      const looking = lookAhead(settling);
      const settled = await settling;
      if (settled.kind === "stopped") return settled.reason;
      if (settled.kind !== "settled") return settled.kind;
      onSettled(batch, settled.outcomes, performance.now() - started);
      ahead = await looking;
    }
  };
}
