/** Disjoint sets of the numbers below a limit: four bytes for each, so that tens of millions fit. */

export type Forest = {
  /** Makes one set of two; true if they were two. */
  union(a: number, b: number): boolean;
  /** The number that stands for a set; the least of the set. */
  find(a: number): number;
};

/** Every number is a set of its own at first. */
export function createForest(count: number): Forest {
  const parents = new Int32Array(count);
  for (let at = 0; at < count; at++) parents[at] = at;

  function find(start: number): number {
    let at = start;
    while (parents[at] !== at) {
      // Each look halves the way for the next one.
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  }

  return {
    find,
    union(a, b) {
      const [top, below] = [find(a), find(b)].sort((x, y) => x - y) as [number, number];
      if (top === below) return false;
      parents[below] = top;
      return true;
    },
  };
}
