import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { BatchDamage, endBeforeDamage } from "./batch-damage.ts";
import { registerCodecs } from "./codecs.ts";
import {
  decodeFetched,
  decodeRecordBatches,
  type FetchedRecord,
  replaceRecordDecoder,
} from "./decode-record-batches.ts";
import { createHasHeader, toIncomingRecord } from "./incoming-record.ts";
import { CorruptBatchError } from "./record-batch-head.ts";

type Encoder = { buffer: Buffer };
const require = createRequire(import.meta.url);
const { RecordBatch } = require("kafkajs/src/protocol/recordBatch/v0") as {
  RecordBatch(options: object): Promise<Encoder>;
};
const Record = require("kafkajs/src/protocol/recordBatch/record/v0") as (record: object) => Encoder;
const Decoder = require("kafkajs/src/protocol/decoder") as new (bytes: Buffer) => unknown;
const crc32C = require("kafkajs/src/protocol/recordBatch/crc32C") as (bytes: Buffer) => number;
// The head of a batch ends with the number of its records.
const RECORDS_AT = 61;

registerCodecs();

async function batch(values: readonly string[], options: object = {}): Promise<Buffer> {
  const records = values.map((value, offsetDelta) => Record({ offsetDelta, key: null, value }));
  return (await RecordBatch({ records, lastOffsetDelta: values.length - 1, ...options })).buffer;
}

/** A batch with other records under the same head. */
function withRecords(head: Buffer, records: Buffer, count: number): Buffer {
  const bytes = Buffer.concat([head.subarray(0, RECORDS_AT), records]);
  bytes.writeInt32BE(count, RECORDS_AT - 4);
  bytes.writeInt32BE(bytes.length - 12, 8);
  return signed(bytes);
}

function signed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32C(bytes.subarray(21)), 17);
  return bytes;
}

const valuesOf = (records: readonly FetchedRecord[]): string[] =>
  records.filter(({ isControlRecord }) => !isControlRecord).map(({ value }) => String(value));

describe("the records of a fetch", () => {
  it.each([0, 1, 2, 3, 4])("are all there, in order, from several batches (compression %i)", async (compression) => {
    const bytes = Buffer.concat([
      await batch(["a", "b"], { compression }),
      await batch(["c"], { compression, firstOffset: 2 }),
    ]);
    const records = await decodeRecordBatches(bytes);
    expect(valuesOf(records)).toEqual(["a", "b", "c"]);
    expect(records.map(({ offset }) => offset)).toEqual(["0", "1", "2"]);
  });

  it("are what KafkaJS itself makes of them", async () => {
    const headers = { ce_id: "1", twice: ["a", Buffer.from([0xff])], empty: "", __proto__x: "y" };
    const records = [
      Record({ offsetDelta: 0, timestampDelta: 5, key: Buffer.from("k"), value: Buffer.from("v"), headers }),
      Record({ offsetDelta: 7, timestampDelta: -9, key: null, value: null }),
      Record({ offsetDelta: 300_000, timestampDelta: 2 ** 40, key: "", value: "é".repeat(100) }),
    ];
    const { buffer } = await RecordBatch({
      records,
      firstOffset: 2 ** 40,
      firstTimestamp: 1_795_000_000_000,
      lastOffsetDelta: 300_000,
      producerId: 12,
      transactional: true,
    });
    const byKafkaJs = require("kafkajs/src/protocol/recordBatch/v0/decoder") as (
      decoder: unknown,
    ) => Promise<{ records: object[] }>;
    const expected = (await byKafkaJs(new Decoder(buffer))).records;
    const decoded = await decodeRecordBatches(buffer);
    expect(decoded).toHaveLength(3);
    for (const [index, record] of decoded.entries()) expect(expected[index]).toMatchObject(structuredCloneOf(record));
  });

  it("may be more than a call can have arguments", async () => {
    const count = 200_000;
    const records = gzipSync(Buffer.alloc(8 * count, Record({ key: null, value: "" }).buffer));
    const head = await batch([""], { compression: 1 });
    expect(await decodeRecordBatches(withRecords(head, records, count))).toHaveLength(count);
  });

  it("may have a megabyte of headers", async () => {
    const headers = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`h${index}`, "v"]));
    const { buffer } = await RecordBatch({ records: [Record({ key: null, value: "v", headers })] });
    const began = performance.now();
    const [record] = await decodeRecordBatches(buffer);
    expect(Object.keys(record!.headers)).toHaveLength(100_000);
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  it("keep headers whose names mean something to JavaScript", async () => {
    const headers = JSON.parse('{"__proto__":"a","constructor":"b"}');
    const { buffer } = await RecordBatch({ records: [Record({ key: null, value: null, headers })] });
    const [record] = await decodeRecordBatches(buffer);
    expect(Object.entries(record!.headers).map(([name, value]) => [name, String(value)])).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });

  it("tell whether they have a header, and decode none", async () => {
    const headers = { ce_id: "wanted", "wanted-not": "1", want: "wanted", wanted: "1" };
    const { wanted: _, ...others } = headers;
    const records = [headers, others, {}].map((some) => Record({ key: null, value: "v", headers: some }));
    const { buffer } = await RecordBatch({ records });
    const hasHeader = createHasHeader("wanted");
    const read = (await decodeRecordBatches(buffer)).map((record) => toIncomingRecord(record as never));
    expect(read.map(hasHeader)).toEqual([true, false, false]);
    const plain = { offset: 0, timestampMs: 0, key: null, value: null };
    expect([{ wanted: "1" }, {}].map((some) => hasHeader({ ...plain, headers: some }))).toEqual([true, false]);
  });

  it("tell a header without a value from one that is missing", async () => {
    // KafkaJS can not write one: attributes, deltas, no key, no value, then one header "h" without a value.
    const record = Buffer.from([0x12, 0, 0, 0, 0x01, 0x01, 0x02, 0x02, 0x68, 0x01]);
    const [decoded] = await decodeRecordBatches(withRecords(await batch(["a"]), record, 1));
    expect(Object.keys(decoded!.headers)).toEqual(["h"]);
    expect(decoded!.headers.h).toBeUndefined();
  });

  it("end where compaction cut a batch, with a control record for what is gone", async () => {
    const bytes = await batch(["a", "b"], { firstOffset: 10, lastOffsetDelta: 7 });
    const records = await decodeRecordBatches(bytes);
    expect(valuesOf(records)).toEqual(["a", "b"]);
    expect(records.at(-1)).toMatchObject({ offset: "17", isControlRecord: true });
  });

  it("are a control record only, of a batch that compaction emptied", async () => {
    const emptied = withRecords(await batch(["a"], { firstOffset: 5, lastOffsetDelta: 2 }), Buffer.alloc(0), 0);
    expect(await decodeRecordBatches(emptied)).toMatchObject([{ offset: "7", isControlRecord: true }]);
    const packed = withRecords(
      await batch(["a"], { firstOffset: 5, lastOffsetDelta: 2, compression: 1 }),
      Buffer.alloc(0),
      0,
    );
    expect(await decodeRecordBatches(packed)).toMatchObject([{ offset: "7", isControlRecord: true }]);
  });

  it("carry the broker's time where the topic says so", async () => {
    const bytes = await batch(["a"], { maxTimestamp: 77 });
    bytes.writeInt16BE(0x08, 21);
    expect(await decodeRecordBatches(signed(bytes))).toMatchObject([{ timestamp: "77" }]);
  });

  it.each([1, 16, 20, 40, 60])("leave out a last batch that was cut %i octets before its end", async (cut) => {
    const last = await batch(["b"]);
    const bytes = Buffer.concat([await batch(["a"]), last.subarray(0, last.length - cut)]);
    expect(valuesOf(await decodeRecordBatches(bytes))).toEqual(["a"]);
  });

  it("are not made from a batch whose octets changed", async () => {
    const bytes = await batch(["a"]);
    bytes[bytes.length - 2]! ^= 1;
    await expect(decodeRecordBatches(bytes)).rejects.toThrow(CorruptBatchError);
  });

  it.each([-100, -12, 0, 48])("are not made from a batch that says it is %i octets long", async (length) => {
    const bytes = Buffer.concat([await batch(["a"]), await batch(["b"])]);
    const second = bytes.length / 2;
    bytes.writeInt32BE(length, second + 8);
    // The checksum of nothing at all.
    bytes.writeUInt32BE(0, second + 17);
    await expect(decodeRecordBatches(bytes)).rejects.toThrow(CorruptBatchError);
  });

  it("end before a batch that can not be read, which is told apart and holds nobody else up", async () => {
    const damaged = await batch(["b", "c"]);
    damaged[damaged.length - 2]! ^= 1;
    const malformed = withRecords(await batch(["b"]), Buffer.from([0x02, 0x00]), 1);
    for (const next of [damaged, malformed]) {
      const records = await decodeFetched(Buffer.concat([await batch(["a"]), next, await batch(["d"])]));
      expect(records.map(({ value }) => value?.toString())).toEqual(["a", undefined]);
      expect(records[1]).toBeInstanceOf(BatchDamage);
      expect(endBeforeDamage(records, 0)).toBe(Number(records[0]!.offset) + 1);
      expect(endBeforeDamage(records.slice(1), 3)).toBe(3);
    }
  });

  it("are not made from records that are malformed", async () => {
    const head = await batch(["a"]);
    for (const records of [[0x02, 0x00], [0x80], [0x0e, 0, 0, 0, 1, 0x7e, 0, 0], [0x0c, 0, 0, 0, 1, 1, 2]]) {
      await expect(decodeRecordBatches(withRecords(head, Buffer.from(records), 1))).rejects.toThrow(RangeError);
    }
  });

  it("are not read from formats older than record batches", async () => {
    const bytes = await batch(["a"]);
    bytes[16] = 1;
    await expect(decodeRecordBatches(bytes)).rejects.toThrow(/format 1/);
  });
});

it("the decoder stands in KafkaJS's place", async () => {
  replaceRecordDecoder();
  const { decode } = require("kafkajs/src/protocol/requests/fetch/v11/response") as {
    decode(bytes: Buffer): Promise<{ responses: { partitions: { messages: FetchedRecord[] }[] }[] }>;
  };
  const records = await batch(["a"], { lastOffsetDelta: 3 });
  const partition = Buffer.alloc(4 + 2 + 8 + 8 + 8 + 4 + 4 + 4);
  partition.writeInt32BE(records.length, partition.length - 4);
  const one = Buffer.from([0, 0, 0, 1]);
  const response = Buffer.concat([
    Buffer.alloc(10),
    one,
    Buffer.from([0, 1]),
    Buffer.from("t"),
    one,
    partition,
    records,
  ]);
  const { responses } = await decode(response);
  expect(responses[0]!.partitions[0]!.messages.map(({ offset }) => offset)).toEqual(["0", "3"]);
});

/** The record as an object of the ordinary kind, to compare. */
function structuredCloneOf(record: FetchedRecord): object {
  const { magicByte, attributes, timestamp, offset, key, value, isControlRecord, batchContext } = record;
  const headers = { ...record.headers };
  return { magicByte, attributes, timestamp, offset, key, value, headers, isControlRecord, batchContext };
}
