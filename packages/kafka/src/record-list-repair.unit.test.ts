import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { registerCodecs } from "./codecs.ts";
import { CorruptBatchError, repairRecordList } from "./record-list-repair.ts";

type Encoder = { buffer: Buffer };
const require = createRequire(import.meta.url);
const { RecordBatch } = require("kafkajs/src/protocol/recordBatch/v0") as {
  RecordBatch(options: object): Promise<Encoder>;
};
const Record = require("kafkajs/src/protocol/recordBatch/record/v0") as (record: object) => Encoder;
const crc32C = require("kafkajs/src/protocol/recordBatch/crc32C") as (bytes: Buffer) => number;
const Decoder = require("kafkajs/src/protocol/decoder") as new (bytes: Buffer) => unknown;

// The head of a batch ends with the number of its records.
const RECORDS_AT = 61;

let decodeMessages: (decoder: unknown) => Promise<{ offset: string; value: Buffer | null }[]>;

beforeAll(() => {
  registerCodecs();
  repairRecordList();
  decodeMessages = require("kafkajs/src/protocol/requests/fetch/v4/decodeMessages");
});

async function batch(values: readonly string[], compression = 0): Promise<Buffer> {
  const records = values.map((value, offsetDelta) => Record({ offsetDelta, key: null, value }));
  return (await RecordBatch({ records, compression, lastOffsetDelta: values.length - 1 })).buffer;
}

function fetched(bytes: Buffer): unknown {
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return new Decoder(Buffer.concat([size, bytes]));
}

describe("the records of a fetch", () => {
  it.each([0, 1, 2, 3, 4])("are all there, in order, from several batches (compression %i)", async (compression) => {
    const bytes = Buffer.concat([await batch(["a", "b"], compression), await batch(["c"], compression)]);
    expect((await decodeMessages(fetched(bytes))).map(({ value }) => String(value))).toEqual(["a", "b", "c"]);
  });

  it("may be more than a call can have arguments", async () => {
    const count = 200_000;
    const records = gzipSync(Buffer.alloc(8 * count, Record({ key: null, value: "" }).buffer));
    const bytes = Buffer.concat([(await batch([""], 1)).subarray(0, RECORDS_AT), records]);
    bytes.writeInt32BE(count, RECORDS_AT - 4);
    bytes.writeInt32BE(bytes.length - 12, 8);
    bytes.writeUInt32BE(crc32C(bytes.subarray(21)), 17);
    expect(await decodeMessages(fetched(bytes))).toHaveLength(count);
  });

  it.each([1, 16, 20, 40])("leave out a last batch that was cut %i octets before its end", async (cut) => {
    const last = await batch(["b"]);
    const bytes = Buffer.concat([await batch(["a"]), last.subarray(0, last.length - cut)]);
    expect((await decodeMessages(fetched(bytes))).map(({ value }) => String(value))).toEqual(["a"]);
  });

  it("are not made from a batch whose octets changed", async () => {
    const bytes = await batch(["a"]);
    bytes[bytes.length - 2]! ^= 1;
    await expect(decodeMessages(fetched(bytes))).rejects.toThrow(CorruptBatchError);
  });

  it("are not read from formats older than record batches", async () => {
    const bytes = await batch(["a"]);
    bytes[16] = 1;
    await expect(decodeMessages(fetched(bytes))).rejects.toThrow(/format 1/);
  });

  it("are none if the broker had none", async () => {
    expect(await decodeMessages(fetched(Buffer.alloc(0)))).toEqual([]);
  });
});
