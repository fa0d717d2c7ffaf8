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
  /** Told, before each batch, whether it is a whole one that has been waiting. */
  readonly onBacklog?: ((hasBacklog: boolean) => void) | undefined;
};

/** Why the writer ended: `closed` is the clean way. */
export type WriterEnd = "closed" | "positions-ahead" | "read-again" | "shutdown" | "violation" | "breaker";

/** After a batch of several records more are coming, and a transaction costs the same for one as for fifty. */
const LINGER_MS = 3;
/** After a batch of many, as long as nobody waits for one of the next (docs/adr/0012-awaited-records.md). */
const LONG_LINGER_MS = 60;
const MANY_RECORDS = 32;
/** So many that somebody waits for have gathered in the ingress already (its waiting-clients.ts). */
const GROUP = 16;

export function createWriter({ intake, settle, findResidual, onSettled, onBacklog }: WriterDependencies) {
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

  /** Lets records gather. A batch of one is followed at once by the next. */
  async function gather(lastSize: number): Promise<void> {
    if (lastSize > 1) await pause(LINGER_MS, GROUP);
    if (lastSize >= MANY_RECORDS) await pause(LONG_LINGER_MS - LINGER_MS);
  }

  /** Waits, but no longer than until a whole batch is there, or a record that somebody waits for, among `least`. */
  function pause(ms: number, least?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(finish, ms);
      function finish() {
        clearTimeout(timer);
        intake.whenDue(undefined);
        resolve();
      }
      intake.whenDue(finish, least);
    });
  }

  return async function runWriter(): Promise<WriterEnd> {
    let ahead: TakenBatch | undefined;
    let lastSize = 0;
    for (;;) {
      onBacklog?.(ahead !== undefined);
      if (ahead === undefined) await gather(lastSize);
      const batch = ahead ?? (await intake.take());
      if (batch === undefined) return "closed";
      lastSize = batch.observations.length;
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
