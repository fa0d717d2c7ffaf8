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

const LINGER_MS = 3;

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

  /** Waits a moment, or until a whole batch is there. */
  function linger(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(finish, LINGER_MS);
      function finish() {
        clearTimeout(timer);
        intake.whenFull(undefined);
        resolve();
      }
      intake.whenFull(finish);
    });
  }

  return async function runWriter(): Promise<WriterEnd> {
    let ahead: TakenBatch | undefined;
    let isBusy = false;
    for (;;) {
      // After a batch of several records more are coming, and a transaction costs the same for one as for fifty.
      if (isBusy && ahead === undefined) await linger();
      const batch = ahead ?? (await intake.take());
      if (batch === undefined) return "closed";
      isBusy = batch.observations.length > 1;
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
