import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RecordToWrite, recordRoom, writeRecord } from "./write-record.ts";

/** KafkaJS's own, for comparison. */
const original = createRequire(import.meta.url)("kafkajs/src/protocol/recordBatch/record/v0") as (
  record: RecordToWrite & { timestampDelta?: number; offsetDelta?: number },
) => { buffer: Buffer };

const text = fc.string({ unit: "binary", maxLength: 300 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const content = fc.oneof(text, bytes, fc.constant(null));
const headerValue = fc.oneof(text, bytes);
/** Names and values that come again in the next record, in the same place or in another one. */
const frequent = fc.constantFrom("id", "type", "1.0", "é".repeat(70), "\0");
const headers = fc.oneof(
  fc.dictionary(text, fc.oneof(headerValue, fc.array(headerValue, { maxLength: 3 })), { maxKeys: 10 }),
  fc.dictionary(frequent, fc.oneof(frequent, fc.array(frequent, { maxLength: 2 }), bytes), { maxKeys: 20 }),
);
const records = fc.record({ key: content, value: content, headers });
const deltas = { time: fc.oneof(fc.nat(), fc.integer({ min: 0, max: 2 ** 45 })), offset: fc.nat(100_000) };

function write(record: RecordToWrite, timestampDelta = 0, offsetDelta = 0): Buffer {
  const before = 3;
  const out = Buffer.alloc(before + recordRoom(record), 0xee);
  const end = writeRecord(out, before, record, timestampDelta, offsetDelta);
  expect(out.subarray(0, before).equals(Buffer.alloc(before, 0xee))).toBe(true);
  return out.subarray(before, end);
}

describe("writeRecord", () => {
  it("writes what KafkaJS writes, whatever the record and those before it", () => {
    fc.assert(
      fc.property(
        fc.array(records, { minLength: 1, maxLength: 6 }),
        deltas.time,
        deltas.offset,
        (all, time, offset) => {
          for (const record of all) {
            const expected = original({ ...record, timestampDelta: time, offsetDelta: offset }).buffer;
            expect(write(record, time, offset).equals(expected)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([0, 40, 63, 64, 8_170, 8_191, 8_192, 70_000, 1_048_576, 1_100_000])("writes a value of %d bytes", (size) => {
    for (const value of ["x".repeat(size), Buffer.alloc(size, 7), "é".repeat(size / 2)]) {
      const record = { key: null, value };
      expect(write(record).equals(original(record).buffer)).toBe(true);
    }
  });

  it("tells a header that came before from another in its place", () => {
    const given = [
      { a: "1", b: "2" },
      { a: "1", b: "2" },
      { a: "1", b: "2" },
      { a: "1", b: "3" },
      { b: "2", a: "1" },
      { a: "1", c: "2" },
      { a: "1", b: Buffer.from("2") },
      { a: ["1", "1"], b: "2" },
      { a: "1", b: "2" },
    ];
    for (const headers of given as RecordToWrite["headers"][]) {
      const record: RecordToWrite = { key: "k", value: "v", headers: headers! };
      expect(write(record).equals(original(record).buffer)).toBe(true);
    }
  });

  it("takes any number of header names", () => {
    for (let index = 0; index < 1_000; index++) {
      const record = { key: null, value: "v", headers: { [`name-${index}`]: "x" } };
      expect(write(record).equals(original(record).buffer)).toBe(true);
    }
  });
});
