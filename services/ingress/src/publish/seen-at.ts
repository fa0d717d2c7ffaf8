/**
 * The age of an observation: when this process saw it, in microseconds. And the time its record gets, which the
 * reconciler holds the age against: an age more than an hour past it would make a dead letter of an order that was
 * acknowledged, so the two are fixed together, whatever is done to the clock meanwhile.
 */
import { SEEN_AT_AHEAD_MS_MAX } from "@kith/contracts";

/** Up to here ages run ahead of a clock that was set back, so as to grow; beyond it they follow the clock. */
const SET_BACK_US_MAX = (SEEN_AT_AHEAD_MS_MAX * 1_000) / 2;

/** Makes ages, each greater than the one before, so that the rows of one batch keep their order. */
export function createSeenAt(): (nowMs: number) => number {
  let last = 0;
  return function nextSeenAt(nowMs) {
    const now = nowMs * 1_000;
    last = last - now > SET_BACK_US_MAX ? now : Math.max(last + 1, now);
    return last;
  };
}

/** The time of a record whose age was read or given at `nowMs`: the clock, or as late as the age needs it. */
export function recordTimeMs(seenAt: number, nowMs: number): number {
  return Math.max(nowMs, Math.ceil(seenAt / 1_000) - SEEN_AT_AHEAD_MS_MAX);
}
