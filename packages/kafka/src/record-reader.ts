/** Reads the pieces of records one after the other. Whatever does not add up is a RangeError. */

export type RecordReader = {
  /** Reads the length of the next record and tells where it ends. */
  recordEnd(): number;
  /** Makes sure that a record was exactly as long as it said. */
  expectEnd(end: number): void;
  int8(): number;
  /** A signed number in zigzag form, exact up to 2^53. */
  varint(): number;
  /** Octets after their length; null for the length -1. A view, not a copy. */
  bytes(): Buffer | null;
  text(): string;
  /** Goes past what `bytes` would read. */
  skipBytes(): void;
  /** Goes past what `text` would read. */
  skipText(): void;
  /** Goes past what `text` would read, and tells whether it was these octets. */
  skipTextIs(octets: Buffer): boolean;
  /** Where the next piece begins: one can go on from there later. */
  position(): number;
  /** Goes on in another body, or at another place. */
  moveTo(body: Buffer, at: number): void;
};

const VARINT_OCTETS_MAX = 10;

export function createRecordReader(given: Buffer): RecordReader {
  let body = given;
  let at = 0;

  function varint(): number {
    let value = 0;
    let scale = 1;
    for (let octets = 1; octets <= VARINT_OCTETS_MAX; octets += 1) {
      if (at >= body.length) break;
      const octet = body[at]!;
      at += 1;
      value += (octet & 0x7f) * scale;
      if (octet < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new RangeError("a record is malformed: a number does not end");
  }

  function take(size: number): number {
    const from = at;
    if (size < 0 || from + size > body.length) throw new RangeError("a record is malformed: it ends within a field");
    at = from + size;
    return from;
  }

  return {
    varint,
    recordEnd() {
      const size = varint();
      return at + size;
    },
    expectEnd(end) {
      if (at !== end) throw new RangeError("a record is malformed: its length is another one");
    },
    int8: () => body.readInt8(take(1)),
    bytes() {
      const size = varint();
      if (size === -1) return null;
      const from = take(size);
      return body.subarray(from, at);
    },
    text() {
      const from = take(varint());
      return body.toString("utf8", from, at);
    },
    skipBytes() {
      const size = varint();
      if (size !== -1) take(size);
    },
    skipText() {
      take(varint());
    },
    skipTextIs(octets) {
      const from = take(varint());
      return at - from === octets.length && body.compare(octets, 0, octets.length, from, at) === 0;
    },
    position: () => at,
    moveTo(other, place) {
      body = other;
      at = place;
    },
  };
}
