/**
 * Starts the reconciler on a log that is full, and watches it until the last record is settled and its change relayed.
 * It looks at the database only, ten times a second, so it costs next to nothing.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { BenchRun } from "./bench-run.ts";
import { assertRunning } from "./child.ts";
import type { Deployment } from "./deployment.ts";
import { type MemoryFigures, sampleMemory } from "./memory.ts";
import { startProcessorClock } from "./processor-time.ts";
import { countLogged, countSettled, isRelayIdle } from "./progress.ts";
import { awaitService, startService } from "./services.ts";

export type DrainOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
  /** Further processes whose memory is looked at. */
  readonly pids?: Readonly<Record<string, number>>;
};

export type DrainFigures = {
  readonly records: number;
  /** From the reconciler's being ready until the last change was relayed. */
  readonly perSecond: number;
  /** The same with the start of the process and its joining of the group. */
  readonly perSecondFromStart: number;
  /** Records settled a second, between a fifth and four fifths of them. */
  readonly steadyPerSecond: number;
  /** From the last commit until its changes were relayed. */
  readonly relayTailSeconds: number;
  /** What was settled when. */
  readonly samples: readonly Sample[];
  readonly memory: ReadonlyMap<string, MemoryFigures>;
  readonly processorSeconds: ReadonlyMap<string, number>;
};

export type Sample = { readonly atMs: number; readonly settled: number };

const EVERY_MS = 100;
const RELAY_EVERY_MS = 10;
const STALL_LIMIT_MS = 60_000;

export async function drainBacklog(
  run: BenchRun,
  deployment: Deployment,
  options: DrainOptions,
): Promise<DrainFigures> {
  const [end, settledBefore] = [await countLogged(deployment), await countSettled(deployment)];
  const startedAtMs = performance.now();
  const reconciler = await startService(run, deployment, "reconciler", options);
  const pids = { reconciler: reconciler.pid, ...options.pids };
  const memory = sampleMemory(pids);
  const processor = startProcessorClock(pids);
  let readyAtMs: number | undefined;
  const ready = awaitService(reconciler).then(() => {
    readyAtMs ??= performance.now();
  });
  ready.catch(() => undefined); // The loop below meets the same failure first.
  try {
    const samples: Sample[] = [{ atMs: startedAtMs, settled: settledBefore }];
    while (samples.at(-1)!.settled < end) {
      await delay(EVERY_MS);
      await assertRunning(reconciler);
      const sample = { atMs: performance.now(), settled: await countSettled(deployment) };
      if (sample.settled > samples.at(-1)!.settled) {
        readyAtMs ??= samples.at(-1)!.atMs;
        samples.push(sample);
      } else if (sample.atMs - samples.at(-1)!.atMs > STALL_LIMIT_MS) {
        throw new Error(`the reconciler stands still at ${sample.settled} of ${end}:\n${await reconciler.logEnd()}`);
      } else if (samples.length === 1) {
        samples[0] = sample; // Nothing is settled yet.
      }
    }
    const settledAtMs = samples.at(-1)!.atMs;
    while (!(await isRelayIdle(deployment))) {
      await assertRunning(reconciler);
      await delay(RELAY_EVERY_MS);
    }
    const relayedAtMs = performance.now();
    const records = end - settledBefore;
    const perSecondSince = (sinceMs: number) => records / ((relayedAtMs - sinceMs) / 1_000);
    return {
      records,
      perSecond: perSecondSince(readyAtMs!),
      perSecondFromStart: perSecondSince(startedAtMs),
      steadyPerSecond: slope(samples, settledBefore + records * 0.2, settledBefore + records * 0.8),
      relayTailSeconds: (relayedAtMs - settledAtMs) / 1_000,
      samples,
      memory: memory.stop(),
      processorSeconds: processor.seconds(),
    };
  } finally {
    memory.stop();
    await reconciler.stop();
  }
}

/** Records a second between two counts; over everything where the samples are too few. */
export function slope(samples: readonly Sample[], from: number, to: number): number {
  const middle = samples.filter(({ settled }) => settled >= from && settled <= to);
  const [first, last] = middle.length >= 2 ? [middle[0]!, middle.at(-1)!] : [samples[0]!, samples.at(-1)!];
  return (last.settled - first.settled) / ((last.atMs - first.atMs) / 1_000);
}
