import { randomBytes } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import kafkajs from "kafkajs";
import createSnappy from "kafkajs-snappy";
import { compressFrameSync } from "lz4-napi";
import { beforeAll, describe, expect, it } from "vitest";
import { compressionType, registerCodecs, UNPACKED_BYTES_MAX, UnpackError } from "./codecs.ts";

type Codec = { compress(encoder: { buffer: Buffer }): Promise<Buffer>; decompress(packed: Buffer): Promise<Buffer> };
const codecOf = (type: number): Codec => (kafkajs.CompressionCodecs as unknown as Record<number, () => Codec>)[type]!();
const bomb = Buffer.alloc(UNPACKED_BYTES_MAX + 1);

// Half of it can be packed, half of it not.
const randomFill = (size: number): Buffer =>
  Buffer.concat([Buffer.alloc(size >> 1, "kith"), randomBytes(size - (size >> 1))]);

beforeAll(registerCodecs);

describe.each(["gzip", "snappy", "lz4", "zstd"] as const)("%s", (name) => {
  const codec = codecOf.bind(undefined, compressionType(name));

  it.each([1, 100, 70_000, 900_000])("gives back %i octets", async (size) => {
    const buffer = randomFill(size);
    const packed = await codec().compress({ buffer });
    expect((await codec().decompress(packed)).equals(buffer)).toBe(true);
  });

  it("names itself when it can not unpack", async () => {
    const unpacking = codec().decompress(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
    await expect(unpacking).rejects.toThrow(UnpackError);
    await expect(unpacking).rejects.toThrow(name);
  });
});

it("unpacks snappy in Java's frames", async () => {
  const parts = ["hello ", "world"].map((text) => Buffer.from(text));
  const header = Buffer.concat([Buffer.from([0x82]), Buffer.from("SNAPPY\0"), Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
  const blocks = await Promise.all(parts.map((buffer) => createSnappy().compress({ buffer })));
  const framed = blocks.flatMap((block) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(block.length);
    return [size, block];
  });
  const unpacked = await codecOf(compressionType("snappy")).decompress(Buffer.concat([header, ...framed]));
  expect(unpacked.toString()).toBe("hello world");
});

describe("a batch that unpacks to more than the limit is refused", () => {
  it.each([
    ["gzip", () => gzipSync(bomb)],
    ["zstd", () => zstdCompressSync(bomb)],
    ["lz4", () => compressFrameSync(bomb)],
    // A block that says it unpacks to 4 GiB.
    ["snappy", () => Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00])],
  ] as const)("%s", async (name, make) => {
    const packed = make();
    expect(packed.length).toBeLessThan(UNPACKED_BYTES_MAX / 100);
    await expect(codecOf(compressionType(name)).decompress(packed)).rejects.toThrow(UnpackError);
  });
});

it("refuses a codec nobody knows, by its number", () => {
  expect(() => codecOf(5)).toThrow(/codec 5/);
});
