/**
 * The four compressions of Kafka for KafkaJS, in both directions. What comes out of one record batch is limited, so that
 * a small batch that unpacks to gigabytes ends in an error that names it instead of in no memory.
 */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { CompressionTypes as KafkaJsCompression } from "kafkajs";
import createSnappy from "kafkajs-snappy";
import { compressFrame, decompressFrame } from "lz4-napi";
import { kafkajs } from "./kafkajs.ts";
import { unpackSnappyBlock } from "./unpack-snappy.ts";
import { lz4BytesAtMost, snappyBytes, snappyParts } from "./unpacked-size.ts";

/** How the records of a batch are packed. */
export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/**
 * The most a batch may unpack to. Batches are at most 1 MiB packed with our topics' settings, and producers bound what
 * they pack rather than the result, so real batches stay below 16 MiB.
 */
export const UNPACKED_BYTES_MAX = 32 * 1024 * 1024;

/** A batch of records that can not be unpacked. */
export class UnpackError extends Error {
  /** KafkaJS asks this before it tries again. */
  readonly retriable = false;

  constructor(codec: string, cause?: unknown) {
    super(`a record batch compressed with ${codec} can not be unpacked`, { cause });
    this.name = "UnpackError";
  }
}

const { CompressionCodecs, CompressionTypes } = kafkajs;

const codecTable: Record<number, () => Codec> = CompressionCodecs;

type Codec = { compress(encoder: { buffer: Buffer }): Promise<Buffer>; decompress(packed: Buffer): Promise<Buffer> };

const COMPRESSION_TYPES: Record<Compression, KafkaJsCompression> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

// The compression is three bits of a batch's attributes; these values have no meaning yet.
const UNKNOWN_TYPES = [5, 6, 7];

/** KafkaJS's number for a compression. */
export function compressionType(compression: Compression): KafkaJsCompression {
  return COMPRESSION_TYPES[compression];
}

/** Puts the codecs into KafkaJS's own table, which is one for the process. */
export function registerCodecs(): void {
  const zlibOptions = { maxOutputLength: UNPACKED_BYTES_MAX };
  const snappy: Codec = createSnappy();
  register(CompressionTypes.GZIP, "gzip", {
    compress: async ({ buffer }) => gzipSync(buffer),
    decompress: async (packed) => gunzipSync(packed, zlibOptions),
  });
  register(CompressionTypes.Snappy, "snappy", {
    compress: (encoder) => snappy.compress(encoder),
    decompress: async (packed) => {
      const parts = snappyParts(packed);
      assertFits(parts.reduce((sum, part) => sum + snappyBytes(part), 0));
      return Buffer.concat(parts.map(unpackSnappyBlock));
    },
  });
  register(CompressionTypes.LZ4, "lz4", {
    compress: ({ buffer }) => compressFrame(buffer),
    decompress: async (packed) => {
      assertFits(lz4BytesAtMost(packed));
      return await decompressFrame(packed);
    },
  });
  register(CompressionTypes.ZSTD, "zstd", {
    compress: async ({ buffer }) => zstdCompressSync(buffer),
    decompress: async (packed) => zstdDecompressSync(packed, zlibOptions),
  });
  // Without an entry KafkaJS would read the packed bytes as if they were records.
  for (const type of UNKNOWN_TYPES) {
    codecTable[type] = () => {
      throw new UnpackError(`codec ${type}, which is unknown to this version`);
    };
  }
}

/** Packs the records of a batch by the number in its attributes. */
export async function pack(type: number, records: Buffer): Promise<Buffer> {
  return await codecTable[type]!().compress({ buffer: records });
}

/** Unpacks the records of a batch by the number in its attributes. */
export async function unpack(type: number, packed: Buffer): Promise<Buffer> {
  return await codecTable[type]!().decompress(packed);
}

function register(type: KafkaJsCompression, name: Compression, codec: Codec): void {
  const named: Codec = {
    compress: codec.compress,
    async decompress(packed) {
      try {
        return await codec.decompress(packed);
      } catch (error) {
        throw new UnpackError(name, error);
      }
    },
  };
  codecTable[type] = () => named;
}

function assertFits(bytes: number): void {
  if (bytes > UNPACKED_BYTES_MAX) throw new RangeError(`unpacks to more than ${UNPACKED_BYTES_MAX} bytes`);
}
