import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checksum } from "./checksum.ts";

const table = createRequire(import.meta.url)("kafkajs/src/protocol/recordBatch/crc32C/crc32C") as (
  bytes: Buffer,
) => number;

test("the checksum of the standard's example", () => {
  // RFC 3720, B.4: 32 bytes of zeros, and of ones; the check value of the CRC catalogue.
  expect(checksum(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(checksum(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(checksum(Buffer.from("123456789"))).toBe(0xe3069283);
});

test("any bytes have the checksum that KafkaJS's table gives them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5_000 }), (octets) => {
      const bytes = Buffer.from(octets);
      expect(checksum(bytes)).toBe(table(bytes) >>> 0);
    }),
  );
});
