/** After a heal: how soon it works as before, and how soon all that waited is done. Measured, with the load doubled. */
import { setTimeout as delay } from "node:timers/promises";
import { readProgress, untilSettled } from "./check/await-rest.ts";
import type { Epoch } from "./epoch.ts";
import { PATIENCE_MS } from "./rig/patience.ts";

/** Milliseconds from the heal on; undefined: not while it was looked at. */
export type Recovery = {
  /** Until as many were settled a second as {@link THROUGHPUT_SHARE} of what came in before the faults. */
  readonly throughputMs: number | undefined;
  /** Until the lag was no more than what comes in within two seconds, under load. */
  readonly caughtUpMs: number | undefined;
  /** Until lag 0 and everything relayed, the load off as soon as it had caught up. */
  readonly settledMs: number | undefined;
};

/** FAULTS: what a heal should take at the most. */
export const TARGETS_MS = { throughput: 30_000, settled: 60_000 } as const;
const THROUGHPUT_SHARE = 0.9;
const LOAD_FACTOR = 2;
const CAUGHT_UP_SECONDS = 2;
const WINDOW_MS = 1_000;
const POLL_MS = 200;
/** Then the load goes off, caught up or not. */
const LOADED_MS = TARGETS_MS.settled;

/** `usualPerSecond` came in before the faults. Leaves the load paused. */
export async function recover(epoch: Epoch, usualPerSecond: number): Promise<Recovery> {
  const healedAtMs = performance.now();
  epoch.setLoad(LOAD_FACTOR);
  const loaded = await watchUnderLoad(epoch, usualPerSecond, healedAtMs);
  epoch.setLoad(1);
  await epoch.pause();
  let settledMs: number | undefined;
  try {
    await untilSettled(epoch.deployment, healedAtMs + PATIENCE_MS - performance.now());
    settledMs = performance.now() - healedAtMs;
  } catch (error) {
    // It never did: the one thing about time that is a violation.
    if (!(error instanceof Error)) throw error;
  }
  return { ...loaded, settledMs };
}

async function watchUnderLoad(epoch: Epoch, usualPerSecond: number, healedAtMs: number) {
  const samples: { atMs: number; settled: number }[] = [];
  const enough = usualPerSecond * LOAD_FACTOR * CAUGHT_UP_SECONDS;
  let throughputMs: number | undefined;
  let caughtUpMs: number | undefined;
  for (;;) {
    const progress = await readProgress(epoch.deployment);
    const atMs = performance.now();
    if (progress !== undefined) {
      samples.push({ atMs, settled: progress.partitions.reduce((sum, one) => sum + one.nextOffset, 0) });
      while (samples.length > 2 && samples[1]!.atMs <= atMs - WINDOW_MS) samples.shift();
      const seconds = (atMs - samples[0]!.atMs) / 1_000;
      const settled = samples.at(-1)!.settled - samples[0]!.settled;
      if (seconds * 1_000 >= WINDOW_MS && settled / seconds >= usualPerSecond * THROUGHPUT_SHARE)
        throughputMs ??= atMs - healedAtMs;
      if (progress.lag <= enough) caughtUpMs ??= atMs - healedAtMs;
    }
    const isBack = throughputMs !== undefined && caughtUpMs !== undefined;
    if (isBack || atMs - healedAtMs > LOADED_MS) return { throughputMs, caughtUpMs };
    await delay(POLL_MS);
  }
}
