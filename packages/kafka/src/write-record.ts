/**
 * One record → its bytes in a batch. Records of a batch have most of their headers in common: one that has been seen
 * twice in its place is kept as bytes.
 * Format: https://kafka.apache.org/documentation/#record
 */

/** A record as KafkaJS's producer hands it over. */
export type RecordToWrite = {
  readonly key?: string | Buffer | null;
  readonly value?: string | Buffer | null;
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>;
};

type HeaderValue = string | Buffer;

/** The header that was last written in this place, and its bytes once it has come twice in a row. */
type LastHeader = { name: string; value: string; bytes: Buffer | undefined };

/** Lengths of records from 64 to 8,191 octets take so many; the others are moved. */
const LENGTH_BYTES = 2;
const VARINT_BYTES_MAX = 10;
const UTF8_BYTES_PER_UNIT_MAX = 3;
/** What is longer is not kept. */
const KEPT_UNITS_MAX = 200;
/** The names of headers are few; whoever makes up new ones for ever gains nothing here and costs nothing. */
const NAMES_MAX = 256;
const PLACES_MAX = 16;

const names = new Map<string, Buffer>();
const lastHeaders: (LastHeader | undefined)[] = new Array<undefined>(PLACES_MAX).fill(undefined);

/** The octets that {@link writeRecord} needs at most, for this record. */
export function recordRoom({ key = null, value = null, headers }: RecordToWrite): number {
  let bytes = 8 * VARINT_BYTES_MAX + roomFor(key) + roomFor(value);
  for (const name in headers) {
    const given = headers[name] as HeaderValue | readonly HeaderValue[];
    const frame = 2 * VARINT_BYTES_MAX + UTF8_BYTES_PER_UNIT_MAX * name.length;
    if (Array.isArray(given)) for (const one of given) bytes += frame + roomFor(one);
    else bytes += frame + roomFor(given as HeaderValue);
  }
  return bytes;
}

/** Writes the record with its length before it. Returns where it ends. */
export function writeRecord(
  out: Buffer,
  start: number,
  record: RecordToWrite,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const { key = null, value = null, headers } = record;
  const body = start + LENGTH_BYTES;
  let at = body;
  out[at++] = 0; // Attributes: none are in use.
  at = writeVarint(out, at, timestampDelta);
  at = writeVarint(out, at, offsetDelta);
  at = writeBytes(out, at, key);
  at = writeBytes(out, at, value);
  at = writeHeaders(out, at, headers);
  const length = at - body;
  const lengthBytes = varintSize(length);
  if (lengthBytes !== LENGTH_BYTES) out.copyWithin(start + lengthBytes, body, at);
  writeVarint(out, start, length);
  return start + lengthBytes + length;
}

function writeHeaders(out: Buffer, start: number, headers: RecordToWrite["headers"]): number {
  let count = 0;
  for (const name in headers) count += Array.isArray(headers[name]) ? headers[name].length : 1;
  let at = writeVarint(out, start, count);
  let place = 0;
  for (const name in headers) {
    const given = headers[name] as HeaderValue | readonly HeaderValue[];
    if (typeof given === "string" && given.length <= KEPT_UNITS_MAX && place < PLACES_MAX) {
      at = writeKeptHeader(out, at, name, given, place);
    } else if (Array.isArray(given)) {
      for (const one of given) at = writeHeader(out, at, name, one);
    } else {
      at = writeHeader(out, at, name, given as HeaderValue);
    }
    place += 1;
  }
  return at;
}

function writeKeptHeader(out: Buffer, at: number, name: string, value: string, place: number): number {
  const last = lastHeaders[place];
  if (last === undefined || last.name !== name || last.value !== value) {
    lastHeaders[place] = { name, value, bytes: undefined };
    return writeHeader(out, at, name, value);
  }
  if (last.bytes !== undefined) {
    out.set(last.bytes, at);
    return at + last.bytes.length;
  }
  const end = writeHeader(out, at, name, value);
  last.bytes = Buffer.from(out.subarray(at, end));
  return end;
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
  const bytes = Buffer.allocUnsafe(VARINT_BYTES_MAX + UTF8_BYTES_PER_UNIT_MAX * name.length);
  const encoded = bytes.subarray(0, writeBytes(bytes, 0, name));
  if (names.size < NAMES_MAX) names.set(name, encoded);
  return encoded;
}

function writeBytes(out: Buffer, at: number, value: string | Buffer | null): number {
  if (value === null) return writeVarint(out, at, -1);
  if (typeof value !== "string") {
    const start = writeVarint(out, at, value.length);
    out.set(value, start);
    return start + value.length;
  }
  const length = Buffer.byteLength(value);
  const start = writeVarint(out, at, length);
  // As many octets as units: nothing but ASCII, which is written faster.
  out.write(value, start, length, length === value.length ? "latin1" : "utf8");
  return start + length;
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

function roomFor(value: string | Buffer | null): number {
  if (value === null) return 0;
  return typeof value === "string" ? UTF8_BYTES_PER_UNIT_MAX * value.length : value.length;
}
