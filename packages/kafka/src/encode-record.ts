/**
 * One record → its bytes in a batch, encoded here instead of by KafkaJS 2.2.4, which allocates half a kilobyte for the
 * record and for each of its headers: with seven headers that costs more than everything else in a produce.
 * Format: https://kafka.apache.org/documentation/#record
 */
import { replacePart } from "./replace-part.ts";

/** A record as KafkaJS's producer hands it over. */
export type RecordToEncode = {
  readonly offsetDelta?: number;
  readonly timestampDelta?: number;
  readonly key?: string | Buffer | null;
  readonly value?: string | Buffer | null;
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>;
};

type HeaderValue = string | Buffer;

/** What KafkaJS takes for one of its encoders: it reads both. */
export type EncodedRecord = { readonly buf: Buffer; readonly buffer: Buffer };

/** The length stands before the body and is known after it. */
const LENGTH_BYTES_MAX = 5;
const VARINT_BYTES_MAX = 10;
const UTF8_BYTES_PER_UNIT_MAX = 3;
/** Larger records get memory of their own. */
const SCRATCH_BYTES = 64 * 1024;
/** The names of headers are few; whoever makes up new ones for ever gains nothing here and costs nothing. */
const NAMES_MAX = 256;

const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
const names = new Map<string, Buffer>();

/** Puts this encoder in the place of KafkaJS's own. To be called before the first produce request. */
export function replaceRecordEncoder(): void {
  replacePart("protocol/recordBatch/record/v0", encodeRecord);
}

/** The record with its length before it. */
export function encodeRecord(record: RecordToEncode): EncodedRecord {
  const { offsetDelta = 0, timestampDelta = 0, key = null, value = null, headers = {} } = record;
  const bytesMax = bytesAtMost(key, value, headers);
  const out = bytesMax <= SCRATCH_BYTES ? scratch : Buffer.allocUnsafeSlow(bytesMax);
  let at = LENGTH_BYTES_MAX;
  out[at++] = 0; // Attributes: none are in use.
  at = writeVarint(out, at, timestampDelta);
  at = writeVarint(out, at, offsetDelta);
  at = writeBytes(out, at, key);
  at = writeBytes(out, at, value);
  let count = 0;
  for (const name in headers) count += Array.isArray(headers[name]) ? headers[name].length : 1;
  at = writeVarint(out, at, count);
  for (const name in headers) {
    const given = headers[name] as HeaderValue | readonly HeaderValue[];
    if (Array.isArray(given)) for (const one of given) at = writeHeader(out, at, name, one);
    else at = writeHeader(out, at, name, given as HeaderValue);
  }
  const length = at - LENGTH_BYTES_MAX;
  const start = LENGTH_BYTES_MAX - varintSize(length);
  writeVarint(out, start, length);
  const bytes = Buffer.from(out.subarray(start, at));
  return { buf: bytes, buffer: bytes };
}

function writeHeader(out: Buffer, at: number, name: string, value: HeaderValue): number {
  const bytes = nameBytes(name);
  out.set(bytes, at);
  return writeBytes(out, at + bytes.length, value);
}

/** A header's name with its length before it. */
function nameBytes(name: string): Buffer {
  const known = names.get(name);
  if (known !== undefined) return known;
  const bytes = Buffer.allocUnsafe(VARINT_BYTES_MAX + Buffer.byteLength(name));
  const encoded = bytes.subarray(0, writeBytes(bytes, 0, name));
  if (names.size < NAMES_MAX) names.set(name, encoded);
  return encoded;
}

function writeBytes(out: Buffer, at: number, value: string | Buffer | null): number {
  if (value === null || value === undefined) return writeVarint(out, at, -1);
  if (typeof value !== "string") {
    const start = writeVarint(out, at, value.length);
    out.set(value, start);
    return start + value.length;
  }
  const start = writeVarint(out, at, Buffer.byteLength(value));
  return start + out.write(value, start, "utf8");
}

/** Zigzag, then seven bits at a time. Exact for safe integers below 2^52. */
function writeVarint(out: Buffer, at: number, value: number): number {
  let left = value < 0 ? -2 * value - 1 : 2 * value;
  while (left > 127) {
    out[at++] = (left % 128) + 128;
    left = Math.floor(left / 128);
  }
  out[at++] = left;
  return at;
}

function varintSize(value: number): number {
  let size = 1;
  for (let left = 2 * value; left > 127; left = Math.floor(left / 128)) size += 1;
  return size;
}

function bytesAtMost(
  key: string | Buffer | null,
  value: string | Buffer | null,
  headers: NonNullable<RecordToEncode["headers"]>,
): number {
  let bytes = LENGTH_BYTES_MAX + 6 * VARINT_BYTES_MAX + sizeAtMost(key) + sizeAtMost(value);
  for (const name in headers) {
    const given = headers[name] as HeaderValue | readonly HeaderValue[];
    const frame = 2 * VARINT_BYTES_MAX + UTF8_BYTES_PER_UNIT_MAX * name.length;
    if (Array.isArray(given)) for (const one of given) bytes += frame + sizeAtMost(one);
    else bytes += frame + sizeAtMost(given as HeaderValue);
  }
  return bytes;
}

function sizeAtMost(value: string | Buffer | null): number {
  if (value === null || value === undefined) return 0;
  return typeof value === "string" ? UTF8_BYTES_PER_UNIT_MAX * value.length : value.length;
}
