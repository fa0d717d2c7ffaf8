/**
 * Event ids for orders that came without one: UUIDv7 (RFC 9562), monotone within the process by the counter of its
 * section 6.2, method 1.
 */
import type { RandomHex } from "./random-pool.ts";

const COUNTER_MAX = 0xfff;
/** The counter starts in the lower half, so that a millisecond has room for at least 2,048 ids. */
const COUNTER_START_MASK = 0x7ff;
/** A random digit, and what it is once its upper two bits say which kind of UUID this is. */
const HEX = "0123456789abcdef";
const VARIANTS = "89ab89ab89ab89ab";

/** Makes event ids, each greater than the one before, also if the clock stands still or goes back. */
export function createEventIds(nowMs: () => number, randomHex: RandomHex): () => string {
  let lastMs = 0;
  let counter = 0;
  let writtenMs = -1;
  let head = "";
  return function newEventId() {
    const ms = nowMs();
    if (ms > lastMs) {
      lastMs = ms;
      counter = Number.parseInt(randomHex(2), 16) & COUNTER_START_MASK;
    } else if (counter < COUNTER_MAX) {
      counter += 1;
    } else {
      // The counter is spent: run ahead of the clock, which the RFC allows.
      lastMs += 1;
      counter = Number.parseInt(randomHex(2), 16) & COUNTER_START_MASK;
    }
    if (writtenMs !== lastMs) {
      writtenMs = lastMs;
      const time = lastMs.toString(16).padStart(12, "0");
      head = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    }
    const random = randomHex(8);
    const variant = VARIANTS.charAt(HEX.indexOf(random.charAt(0)));
    return `${head}${counter.toString(16).padStart(3, "0")}-${variant}${random.slice(1, 4)}-${random.slice(4)}`;
  };
}
