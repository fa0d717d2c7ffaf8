/** Latencies of a load, kept one by one: percentiles are exact. */

export type Latencies = {
  add(ms: number): void;
  /** `share` from 0 to 1; 0 where nothing was added. */
  percentile(share: number): number;
};

export function createLatencies(): Latencies {
  let values = new Float64Array(65_536);
  let count = 0;
  let isSorted = true;
  return {
    add(ms) {
      if (count === values.length) {
        const larger = new Float64Array(values.length * 2);
        larger.set(values);
        values = larger;
      }
      values[count++] = ms;
      isSorted = false;
    },
    percentile(share) {
      if (count === 0) return 0;
      if (!isSorted) values.subarray(0, count).sort();
      isSorted = true;
      return values[Math.min(count - 1, Math.floor(share * count))]!;
    },
  };
}
