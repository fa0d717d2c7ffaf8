/**
 * How much a snappy or lz4 buffer unpacks to, read from its headers: their libraries have no limit of their own.
 * Malformed input is left for the libraries to refuse.
 */

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** The snappy blocks of a buffer: Java frames them in its own (xerial) way, other clients write one bare block. */
export function snappyParts(packed: Buffer): Buffer[] {
  if (!packed.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return [packed];
  const parts: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at + 4 <= packed.length; ) {
    const size = packed.readUInt32BE(at);
    parts.push(packed.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return parts;
}

/** What a snappy block says it unpacks to: a varint at its head. */
export function snappyBytes(block: Buffer): number {
  let value = 0;
  for (let at = 0; at < 5 && at < block.length; at += 1) {
    value += (block[at]! & 0x7f) * 2 ** (7 * at);
    if (block[at]! < 0x80) break;
  }
  return value;
}

const LZ4_MAGIC = 0x184d2204;
const LZ4_BLOCK_BYTES_MAX = [0, 0, 0, 0, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024];
const UNCOMPRESSED_BIT = 0x80000000;

/** The most the lz4 frames of a buffer can unpack to: the number of their blocks times the size blocks may have. */
export function lz4BytesAtMost(packed: Buffer): number {
  let total = 0;
  for (let at = 0; at + 7 <= packed.length && packed.readUInt32LE(at) === LZ4_MAGIC; ) {
    const flags = packed[at + 4]!;
    const blockBytesMax = LZ4_BLOCK_BYTES_MAX[(packed[at + 5]! >> 4) & 7]!;
    const blockChecksum = flags & 0x10 ? 4 : 0;
    at += 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
    while (at + 4 <= packed.length) {
      const head = packed.readUInt32LE(at);
      at += 4;
      if (head === 0) break;
      const size = head & ~UNCOMPRESSED_BIT;
      // A block grows to 255 times its size at most, and never beyond the size the frame allows.
      total += head & UNCOMPRESSED_BIT ? size : Math.min(blockBytesMax, size * 255);
      at += size + blockChecksum;
    }
    at += flags & 0x04 ? 4 : 0;
  }
  return total;
}
