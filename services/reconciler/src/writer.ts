/** Intake → database: takes whatever is waiting as one batch and settles it, one batch at a time, until it is stopped. */
import type { Intake, TakenBatch } from "./intake.ts";
import type { BatchOutcome } from "./reconcile/reconcile-batch.ts";
import type { Settled } from "./settle.ts";

export type WriterDependencies = {
  readonly intake: Intake;
  readonly settle: (batch: TakenBatch) => Promise<Settled>;
  readonly onSettled: (batch: TakenBatch, outcomes: readonly BatchOutcome[], durationMs: number) => void;
};

/** Why the writer ended: `closed` is the clean way. */
export type WriterEnd = "closed" | "positions-ahead" | "shutdown" | "violation" | "breaker";

export function createWriter({ intake, settle, onSettled }: WriterDependencies) {
  return async function runWriter(): Promise<WriterEnd> {
    for (;;) {
      const batch = await intake.take();
      if (batch === undefined) return "closed";
      const started = performance.now();
      const settled = await settle(batch);
      if (settled.kind === "stopped") return settled.reason;
      if (settled.kind === "positions-ahead") return "positions-ahead";
      onSettled(batch, settled.outcomes, performance.now() - started);
    }
  };
}
