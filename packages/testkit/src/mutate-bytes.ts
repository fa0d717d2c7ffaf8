/**
 * Mutation of bytes for fuzzers: a few random changes to a sample, seeded, and a corpus that grows by every mutant that
 * was answered in a new way, so that the next changes begin where something new was found.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Changes to bytes; never the bytes given. */
export type Mutate = (sample: Buffer) => Buffer;

const CHANGES_MAX = 6;
const GROWTH_BYTES_MAX = 64;
const SAMPLE_BYTES_MAX = 16 * 1024;
const CORPUS_MAX = 2_000;
const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x22, 0x5c, 0x7b, 0x5b];
const NUMBERS = [0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000];

/** `words` are put in here and there: what means something to whoever reads the bytes. */
export function createMutate(random: () => number, words: readonly (string | Buffer)[]): Mutate {
  const pick = (n: number): number => Math.floor(random() * n);
  const oneOf = <T>(list: readonly T[]): T => list[pick(list.length)] as T;
  const dictionary = words.map((word) => Buffer.from(word as string));

  const changes: ((bytes: Buffer) => Buffer)[] = [
    (bytes) => edit(bytes, (copy, at) => (copy[at] = (copy[at] as number) ^ (1 << pick(8)))),
    (bytes) => edit(bytes, (copy, at) => (copy[at] = oneOf(INTERESTING))),
    (bytes) => edit(bytes, (copy, at) => (copy[at] = pick(256))),
    (bytes) => edit(bytes, (copy, at) => at + 4 <= copy.length && copy.writeInt32BE(oneOf(NUMBERS), at)),
    (bytes) => edit(bytes, (copy, at) => at + 2 <= copy.length && copy.writeUInt16BE(pick(0x10000), at)),
    (bytes) => bytes.subarray(0, pick(bytes.length + 1)),
    (bytes) => splice(bytes, pick(bytes.length + 1), pick(GROWTH_BYTES_MAX), Buffer.alloc(0)),
    (bytes) =>
      splice(bytes, pick(bytes.length + 1), 0, bytes.subarray(0, pick(Math.min(bytes.length, GROWTH_BYTES_MAX) + 1))),
    (bytes) => splice(bytes, pick(bytes.length + 1), pick(8), oneOf(dictionary)),
    (bytes) => splice(bytes, pick(bytes.length + 1), 0, Buffer.from([pick(256), pick(256), pick(256)])),
    (bytes) => Buffer.concat([bytes.subarray(pick(bytes.length + 1)), bytes.subarray(0, pick(bytes.length + 1))]),
  ];

  function edit(bytes: Buffer, change: (copy: Buffer, at: number) => unknown): Buffer {
    if (bytes.length === 0) return bytes;
    const copy = Buffer.from(bytes);
    change(copy, pick(copy.length));
    return copy;
  }

  return function mutate(sample) {
    let bytes = sample;
    for (let left = 1 + pick(CHANGES_MAX); left > 0; left -= 1) bytes = oneOf(changes)(bytes);
    return bytes.subarray(0, SAMPLE_BYTES_MAX);
  };
}

function splice(bytes: Buffer, at: number, removed: number, added: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(Math.min(bytes.length, at + removed))]);
}

/** Samples to mutate. */
export type Corpus = {
  next(): Buffer;
  /** Keeps a mutant that was answered in a way no other was. */
  learn(mutant: Buffer, answer: string): void;
  /** How often each answer was seen. */
  answers(): ReadonlyMap<string, number>;
};

/** A corpus that begins with the samples given. */
export function createCorpus(random: () => number, samples: readonly (string | Buffer)[]): Corpus {
  const kept = samples.map((sample) => Buffer.from(sample as string));
  const seen = new Map<string, number>();
  return {
    next: () => kept[Math.floor(random() * kept.length)] as Buffer,
    learn(mutant, answer) {
      const times = seen.get(answer) ?? 0;
      seen.set(answer, times + 1);
      if (times === 0 && kept.length < CORPUS_MAX) kept.push(Buffer.from(mutant));
    },
    answers: () => seen,
  };
}

/**
 * Looks at memory every tenth of a fuzzer's runs: what is alive after a collection must not grow by more than
 * `bytesMax` over the first look. What the process holds of the system says less: it grows until the allocator has its
 * pools.
 */
export function watchMemory(runs: number, bytesMax: number): (run: number) => void {
  const every = Math.max(1, Math.floor(runs / 10));
  let before: number | undefined;
  return function look(run) {
    if (run === 0 || run % every !== 0) return;
    const alive = aliveBytes();
    before ??= alive;
    const grown = alive - before;
    if (grown > bytesMax) throw new Error(`memory grew by ${Math.round(grown / 1024 / 1024)} MB after ${run} runs`);
  };
}

function aliveBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
