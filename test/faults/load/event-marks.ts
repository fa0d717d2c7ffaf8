/** A byte for each event of a numbered series: what is known of it. Grows as needed. */

export type EventMarks = {
  mark(n: number, bit: number): void;
  has(n: number, bit: number): boolean;
  /** How many numbers have all of `bits` and none of `without`; the first few of them. */
  find(bits: number, without: number): { count: number; first: number[] };
  size(): number;
};

const SHOWN_MAX = 5;

export function createEventMarks(): EventMarks {
  let bytes = new Uint8Array(65_536);
  let size = 0;
  return {
    mark(n, bit) {
      if (n >= bytes.length) {
        const larger = new Uint8Array(Math.max(bytes.length * 2, n + 1));
        larger.set(bytes);
        bytes = larger;
      }
      bytes[n]! |= bit;
      size = Math.max(size, n + 1);
    },
    has: (n, bit) => ((bytes[n] ?? 0) & bit) !== 0,
    find(bits, without) {
      let count = 0;
      const first: number[] = [];
      for (let n = 0; n < size; n++) {
        if ((bytes[n]! & bits) !== bits || (bytes[n]! & without) !== 0) continue;
        count += 1;
        if (first.length < SHOWN_MAX) first.push(n);
      }
      return { count, first };
    },
    size: () => size,
  };
}
