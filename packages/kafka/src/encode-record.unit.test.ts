import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRecord, type RecordToEncode } from "./encode-record.ts";

/** KafkaJS's own, for comparison. */
const original = createRequire(import.meta.url)("kafkajs/src/protocol/recordBatch/record/v0") as (
  record: RecordToEncode,
) => { buffer: Buffer };

const text = fc.string({ unit: "binary", maxLength: 300 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const content = fc.oneof(text, bytes, fc.constant(null));
const headerValue = fc.oneof(text, bytes);
const records = fc.record({
  offsetDelta: fc.nat(100_000),
  timestampDelta: fc.oneof(fc.nat(), fc.integer({ min: 0, max: 2 ** 45 })),
  key: content,
  value: content,
  headers: fc.dictionary(text, fc.oneof(headerValue, fc.array(headerValue, { maxLength: 3 })), { maxKeys: 10 }),
});

describe("encodeRecord", () => {
  it("writes what KafkaJS writes, whatever the record", () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(encodeRecord(record).buffer.equals(original(record).buffer)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([0, 63, 64, 8_191, 8_192, 70_000, 1_048_576])("writes a value of %d bytes", (size) => {
    for (const value of ["x".repeat(size), Buffer.alloc(size, 7), "é".repeat(size / 2)]) {
      const record = { key: null, value };
      expect(encodeRecord(record).buffer.equals(original(record).buffer)).toBe(true);
    }
  });

  it("does not share its memory with the next record", () => {
    const first = encodeRecord({ key: "a", value: "first" });
    const copy = Buffer.from(first.buffer);
    encodeRecord({ key: "b", value: "second" });
    expect(first.buffer.equals(copy)).toBe(true);
  });

  it("takes any number of header names", () => {
    for (let index = 0; index < 1_000; index++) {
      const record = { key: null, value: "v", headers: { [`name-${index}`]: "x" } };
      expect(encodeRecord(record).buffer.equals(original(record).buffer)).toBe(true);
    }
  });
});
