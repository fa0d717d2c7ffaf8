/** A small seeded generator, so that a run can be repeated order for order. */

export type Random = {
  /** From 0 to 1, 1 excluded. */
  next(): number;
  /** An integer from 0 to `bound`, bound excluded. */
  below(bound: number): number;
};

/** Mulberry32: 32 bits of state, more than enough to mix orders. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
  return { next, below: (bound) => Math.floor(next() * bound) };
}
