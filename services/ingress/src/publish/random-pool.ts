/** Random bytes a few at a time: one call to the system for hundreds of ids, where one per id would cost ten times more. */
import { randomFillSync } from "node:crypto";

/** Hands out the given number of random bytes in hexadecimal. */
export type RandomHex = (bytes: number) => string;

const POOL_BYTES = 8_192;

export function createRandomHex(fill: (pool: Buffer) => unknown = randomFillSync): RandomHex {
  const pool = Buffer.alloc(POOL_BYTES);
  // Written out once: a piece of a text costs a fraction of what it costs to write out a piece of the pool.
  let digits = "";
  let used = 0;
  return function randomHex(bytes) {
    if (used + 2 * bytes > digits.length) {
      fill(pool);
      digits = pool.toString("hex");
      used = 0;
    }
    used += 2 * bytes;
    return digits.slice(used - 2 * bytes, used);
  };
}
