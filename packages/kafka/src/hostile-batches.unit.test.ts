/**
 * Fetched bytes as a broken disk or a hostile publisher would make them: they are decoded, left for the next fetch, or
 * refused with an error that is known, in bounded time and memory. `pnpm test:fuzz` has the long form.
 */
import { createRequire } from "node:module";
import { createCorpus, createMutate, watchMemory } from "@kith/testkit/mutate-bytes";
import { seededRandom } from "@kith/testkit/observations";
import { expect, test } from "vitest";
import { registerCodecs, UNPACKED_BYTES_MAX, UnpackError } from "./codecs.ts";
import { decodeRecordBatches } from "./decode-record-batches.ts";
import { CorruptBatchError } from "./record-batch-head.ts";

const RUNS = Math.ceil(Number(process.env.FUZZ_RUNS ?? 12_000) / 4);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const GROWTH_BYTES_MAX = 48 * 1024 * 1024;
const DECODE_MS_MAX = 10_000;
/** Not of now: a seed must give the same bytes every day. */
const TIMES = { firstTimestamp: 1_795_000_000_000, maxTimestamp: 1_795_000_000_002 };
const CHECKED_FROM = 21;
const CHECKSUM_AT = 17;
const LENGTH_AT = 8;
const LENGTH_ENDS_AT = 12;

type Encoder = { buffer: Buffer };
const require = createRequire(import.meta.url);
const { RecordBatch } = require("kafkajs/src/protocol/recordBatch/v0") as {
  RecordBatch(options: object): Promise<Encoder>;
};
const Record = require("kafkajs/src/protocol/recordBatch/record/v0") as (record: object) => Encoder;
const crc32C = require("kafkajs/src/protocol/recordBatch/crc32C") as (bytes: Buffer) => number;

registerCodecs();

async function batch(compression: number, more: object = {}): Promise<Buffer> {
  const headers = { ce_id: "1", twice: ["a", Buffer.from([0xff])], empty: "" };
  const records = [0, 1, 2].map((offsetDelta) =>
    Record({
      offsetDelta,
      timestampDelta: offsetDelta,
      key: `k${offsetDelta}`,
      value: "v".repeat(20 * offsetDelta),
      headers,
    }),
  );
  return (await RecordBatch({ records, compression, lastOffsetDelta: 2, ...TIMES, ...more })).buffer;
}

const varints = [
  [0x00],
  [0x01],
  [0x02],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xfe, 0xff, 0xff, 0xff, 0x0f],
  Array(10).fill(0xff),
  Array(9).fill(0x80),
];

test(`${RUNS} hostile batches, seed ${SEED}`, { timeout: 3_600_000 }, async () => {
  const random = seededRandom(SEED);
  const plain = await Promise.all([0, 1, 2, 3, 4].map((compression) => batch(compression)));
  const corpus = createCorpus(random, [
    ...plain,
    await batch(0, { transactional: true, producerId: 7 }),
    Buffer.concat(plain),
  ]);
  const mutate = createMutate(
    random,
    varints.map((octets) => Buffer.from(octets)),
  );
  const watch = watchMemory(RUNS, GROWTH_BYTES_MAX);
  const answers = new Map<string, number>();
  let decodedRecords = 0;
  for (let run = 0; run < RUNS; run += 1) {
    // Mostly with its length and checksum put right again, or nothing would get past them.
    const mutant = random() < 0.85 ? signed(mutate(corpus.next())) : mutate(corpus.next());
    const began = performance.now();
    const { answer, records } = await decode(mutant);
    if (performance.now() - began > DECODE_MS_MAX) throw new Error(`took ${performance.now() - began} ms`);
    decodedRecords += records;
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    corpus.learn(mutant, `${answer} ${Math.min(records, 8)}`);
    watch(run);
  }
  if (process.env.FUZZ_RUNS !== undefined) console.log({ ...Object.fromEntries([...answers].sort()), decodedRecords });
  for (const answer of ["decoded", "CorruptBatchError", "RangeError", "UnpackError"])
    expect(answers.get(answer) ?? 0, answer).toBeGreaterThan(RUNS / 1_000);
});

/** Decodes, and reads everything of every record, also what is decoded late. Errors of other kinds are not caught. */
async function decode(bytes: Buffer): Promise<{ answer: string; records: number }> {
  try {
    const records = await decodeRecordBatches(bytes);
    let octets = 0;
    for (const { key, value, headers, offset, timestamp } of records) {
      for (const one of [key, value, ...Object.values(headers).flat()]) octets += one?.length ?? 0;
      if (Number.isNaN(Number(offset)) || Number.isNaN(Number(timestamp)))
        throw new TypeError("a record has no place or time");
    }
    // Each octet is part of one record at the most.
    if (octets > UNPACKED_BYTES_MAX) throw new TypeError("more was read than there is");
    return { answer: "decoded", records: records.length };
  } catch (error) {
    if (error instanceof CorruptBatchError || error instanceof UnpackError || error instanceof RangeError)
      return { answer: error.name, records: 0 };
    throw error;
  }
}

/** The bytes as one batch whose length and checksum are right. */
function signed(bytes: Buffer): Buffer {
  if (bytes.length <= CHECKED_FROM) return bytes;
  const copy = Buffer.from(bytes);
  copy.writeInt32BE(copy.length - LENGTH_ENDS_AT, LENGTH_AT);
  copy[16] = 2;
  copy.writeUInt32BE(crc32C(copy.subarray(CHECKED_FROM)) >>> 0, CHECKSUM_AT);
  return copy;
}
