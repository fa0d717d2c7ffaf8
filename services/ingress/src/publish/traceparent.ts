/** W3C trace context: the caller's trace goes on into the log, or one begins here. */
import type { RandomHex } from "./random-pool.ts";

// Later versions may say more after the flags; what is passed on must be exactly the form of version 00.
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The request's own `traceparent` if it is valid, else a new one that is not sampled. */
export function traceparentOf(header: string | string[] | undefined, randomHex: RandomHex): string {
  if (typeof header === "string" && TRACEPARENT.test(header)) return header;
  const digits = randomHex(24);
  return `00-${nonZero(digits.slice(0, 32))}-${nonZero(digits.slice(32))}-00`;
}

function nonZero(id: string): string {
  return /[1-9a-f]/.test(id) ? id : `${id.slice(1)}1`;
}
