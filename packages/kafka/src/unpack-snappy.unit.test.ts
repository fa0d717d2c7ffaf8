import fc from "fast-check";
import createSnappy from "kafkajs-snappy";
import { describe, expect, it } from "vitest";
import { unpackSnappyBlock } from "./unpack-snappy.ts";

const snappy = createSnappy();

describe("a snappy block", () => {
  it("unpacks to what was packed, whatever that was", async () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom("a", "ab", "kith ").map((text) => Buffer.from(text.repeat(300))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const bytes = Buffer.concat(parts);
        expect(unpackSnappyBlock(await snappy.compress({ buffer: bytes })).equals(bytes)).toBe(true);
      }),
    );
  });

  it("of all kinds of elements", () => {
    // "abcd", a run of it by a copy of each kind, and a literal whose length has an octet of its own.
    const long = Buffer.alloc(61, "x");
    const block = Buffer.concat([
      Buffer.from([4 + 6 + 5 + 7 + 61]),
      Buffer.from([0x0c]),
      Buffer.from("abcd"),
      Buffer.from([0x09, 4]),
      Buffer.from([0x12, 4, 0]),
      Buffer.from([0x1b, 4, 0, 0, 0]),
      Buffer.from([0xf0, 60]),
      long,
    ]);
    expect(String(unpackSnappyBlock(block))).toBe(`${"abcd".repeat(6).slice(0, 22)}${long}`);
  });

  it.each([
    ["no size", []],
    ["a size that does not end", [0x80, 0x80, 0x80, 0x80, 0x80, 0]],
    ["a size that its octets cannot carry", [0xff, 0xff, 0x7f, 0x00, 0x61]],
    ["a literal beyond the block", [0x04, 0x0c, 0x61]],
    ["a literal beyond the size", [0x01, 0x04, 0x61, 0x61]],
    ["a length that is cut off", [0x04, 0xf4, 0x01]],
    ["a copy before the beginning", [0x05, 0x00, 0x61, 0x01, 2]],
    ["a copy of offset 0", [0x05, 0x00, 0x61, 0x01, 0]],
    ["a copy beyond the size", [0x02, 0x00, 0x61, 0x01, 1]],
    ["a copy that is cut off", [0x05, 0x00, 0x61, 0x02, 1]],
    ["less than it says", [0x05, 0x00, 0x61]],
  ])("with %s is refused", (_what, octets) => {
    expect(() => unpackSnappyBlock(Buffer.from(octets))).toThrow(RangeError);
  });
});
