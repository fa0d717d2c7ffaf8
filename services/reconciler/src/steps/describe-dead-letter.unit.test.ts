/** What is kept of a record that can never be applied: all of it, or its beginning with the size and hash of the whole. */
import { createHash } from "node:crypto";
import type { IncomingRecord } from "@kith/kafka";
import { describe, expect, it } from "vitest";
import { describeDeadLetter, HEADERS_BYTES_MAX, KEY_BYTES_MAX, RAW_BYTES_MAX } from "./describe-dead-letter.ts";

const WHY = { code: "schema", reason: "wrong or missing: v" };

function described(changes: Partial<IncomingRecord>) {
  const record = { offset: 7, timestampMs: 1, key: null, value: null, headers: {}, ...changes };
  const row = describeDeadLetter(record, 3, WHY);
  return { ...row, headers: JSON.parse(row.headers) as string[][] };
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("a dead letter", () => {
  it("keeps a record as it was", () => {
    const value = Buffer.from([0, 255, 128]);
    expect(described({ key: Buffer.from("k"), value, headers: { a: Buffer.from("1"), b: ["2", ""] } })).toEqual({
      partition: 3,
      offset: 7,
      ...WHY,
      key: Buffer.from("k"),
      keyBytes: null,
      raw: value,
      rawBytes: null,
      rawSha256: null,
      headers: [
        ["a", base64("1")],
        ["b", base64("2")],
        ["b", ""],
      ],
      headersBytes: null,
      redrivenFrom: null,
    });
  });

  it.each([
    { name: "of exactly the limit is whole", bytes: RAW_BYTES_MAX, isCut: false },
    { name: "one octet above is cut", bytes: RAW_BYTES_MAX + 1, isCut: true },
    { name: "of forty megabytes is cut", bytes: 40 * RAW_BYTES_MAX, isCut: true },
  ])("a value $name", ({ bytes, isCut }) => {
    const value = Buffer.alloc(bytes, "kith ");
    const { raw, rawBytes, rawSha256 } = described({ value });
    expect(raw?.length).toBe(Math.min(bytes, RAW_BYTES_MAX));
    expect(value.subarray(0, RAW_BYTES_MAX).equals(raw as Buffer)).toBe(true);
    expect(rawBytes).toBe(isCut ? bytes : null);
    expect(rawSha256).toEqual(isCut ? createHash("sha256").update(value).digest() : null);
    // What was cut is a copy: it does not hold the memory of the whole.
    if (isCut) expect((raw as Buffer).buffer).not.toBe(value.buffer);
  });

  it("cuts a key, and says how long it was", () => {
    const { key, keyBytes } = described({ key: Buffer.alloc(KEY_BYTES_MAX + 1) });
    expect({ kept: key?.length, keyBytes }).toEqual({ kept: KEY_BYTES_MAX, keyBytes: KEY_BYTES_MAX + 1 });
  });

  it("keeps the first headers where all are too many, and says how large all were", () => {
    const value = "x".repeat(1_000);
    const headers = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`h${String(i).padStart(3, "0")}`, value]),
    );
    const kept = described({ headers });
    const each = 1_000 + 4 + 10;
    expect(kept.headers).toHaveLength(Math.floor(HEADERS_BYTES_MAX / each));
    expect(kept.headers[0]).toEqual(["h000", base64(value)]);
    expect(kept.headersBytes).toBe(100 * each);
  });

  it("counts empty headers as well", () => {
    const kept = described({ headers: { "": Array.from({ length: 100_000 }, () => "") } });
    expect(kept.headers).toHaveLength(Math.floor(HEADERS_BYTES_MAX / 10));
  });

  it.each([
    { name: "NUL", header: "a\0b", entry: [base64("a\0b"), base64("v"), "base64"] },
    { name: "__proto__", header: "__proto__", entry: ["__proto__", base64("v")] },
    { name: "quotes", header: '"\\', entry: ['"\\', base64("v")] },
  ])("keeps a header whose name has $name", ({ header, entry }) => {
    const headers = Object.create(null);
    headers[header] = Buffer.from("v");
    expect(described({ headers }).headers).toEqual([entry]);
  });

  it.each([
    { value: "3:17", from: "3:17" },
    { value: ["1:1", Buffer.from("3:17")], from: "3:17" },
    {
      value: "01234567-89ab-8def-8123-456789abcdef/0:0",
      from: "01234567-89ab-8def-8123-456789abcdef/0:0",
    },
    { value: "nonsense", from: null },
    { value: `${"9".repeat(100)}:1`, from: null },
    { value: undefined, from: null },
  ])("names the letter it was redriven from: $value", ({ value, from }) => {
    expect(described({ headers: { "kith-redriven-from": value } }).redrivenFrom).toBe(from);
  });
});
