/** The age of an observation: when this process saw it, in microseconds. */

/** Makes ages, each greater than the one before, so that the rows of one batch keep their order. */
export function createSeenAt(nowMs: () => number): () => number {
  let last = 0;
  return function nextSeenAt() {
    last = Math.max(last + 1, nowMs() * 1_000);
    return last;
  };
}
