/** Which partition a key belongs to: murmur2 as Java's default partitioner and librdkafka's `murmur2_random` have it. */

const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

// Keys given as text are encoded here rather than into a buffer of their own each.
const scratch = Buffer.allocUnsafe(1024);

/**
 * The partition of a key. Records without a key may go to any partition; they are given 0.
 *
 * @example
 * partitionOf("lorraine@hillvalley.edu", 6) // the partition every client of Kafka chooses for this key
 */
export function partitionOf(key: string | Buffer | null, partitions: number): number {
  if (key === null) return 0;
  return (murmur2(typeof key === "string" ? encode(key) : key) & 0x7fffffff) % partitions;
}

function encode(key: string): Buffer {
  // UTF-8 takes at most three octets for each UTF-16 unit.
  if (key.length * 3 > scratch.length) return Buffer.from(key);
  return scratch.subarray(0, scratch.write(key));
}

/** The 32-bit murmur2 of Kafka's clients, as a signed number. */
export function murmur2(data: Buffer): number {
  const { length } = data;
  const whole = length & ~3;
  let h = SEED ^ length;
  for (let at = 0; at < whole; at += 4) {
    let k = Math.imul(data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24), M);
    k = Math.imul(k ^ (k >>> R), M);
    h = Math.imul(h, M) ^ k;
  }
  const rest = length - whole;
  if (rest === 3) h ^= data[whole + 2]! << 16;
  if (rest >= 2) h ^= data[whole + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ data[whole]!, M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}
