/** Random bytes a few at a time: one call to the system for hundreds of ids, where one per id would cost ten times more. */
import { randomFillSync } from "node:crypto";

/** Hands out the given number of random bytes in hexadecimal. */
export type RandomHex = (bytes: number) => string;

const POOL_BYTES = 8_192;

export function createRandomHex(fill: (pool: Buffer) => unknown = randomFillSync): RandomHex {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  return function randomHex(bytes) {
    if (used + bytes > POOL_BYTES) {
      fill(pool);
      used = 0;
    }
    used += bytes;
    return pool.toString("hex", used - bytes, used);
  };
}
