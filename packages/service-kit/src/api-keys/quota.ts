/**
 * A token bucket as one number: the time at which it will be full again. It refills at a steady rate and holds two
 * seconds' worth, or one whole batch where that is more, so that the largest request is never refused for ever.
 * Each process counts for itself.
 */

const BURST_SECONDS = 2;
/** The items of the largest batch. */
const BURST_MIN = 1_000;

/** What one key may still do of one kind. */
export type Quota = {
  readonly perSecond: number;
  /** On the clock of whoever takes from it. */
  fullAtMs: number;
};

/** A full bucket, or one as empty as `previous`, whose rate may have been another. */
export function createQuota(perSecond: number, previous?: Quota): Quota {
  return { perSecond, fullAtMs: previous?.fullAtMs ?? 0 };
}

/** Takes `count` at once. Returns 0, or the milliseconds after which there will be enough; then nothing was taken. */
export function takeFrom(quota: Quota, count: number, nowMs: number): number {
  const { perSecond } = quota;
  const holdsMs = Math.max(BURST_SECONDS * 1_000, (BURST_MIN * 1_000) / perSecond);
  const fullAtMs = Math.max(quota.fullAtMs, nowMs) + (count * 1_000) / perSecond;
  const waitMs = fullAtMs - nowMs - holdsMs;
  // A thousandth of a millisecond is what adding up fractions may cost.
  if (waitMs > 0.001) return waitMs;
  quota.fullAtMs = fullAtMs;
  return 0;
}
