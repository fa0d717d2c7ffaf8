/**
 * One block of snappy, unpacked. Ours, because snappyjs never ends on some malformed blocks: here every element is held
 * to the block's bounds, and what a block says it unpacks to is believed only as far as its octets could carry it.
 */

const LITERAL = 0;
const COPY_1 = 1;
const COPY_2 = 2;
/** Literals from here on have their length in 1 to 4 octets after the tag. */
const LONG_LITERAL = 60;
/** Three octets of a copy make 64 at the most, and no element makes more of its octets. */
const GROWTH_MAX = 22;

/** Throws a RangeError for whatever does not add up. */
export function unpackSnappyBlock(block: Buffer): Buffer {
  const { value: size, end } = readSize(block);
  if (size > block.length * GROWTH_MAX) throw malformed("it says it is larger than it can be");
  const out = Buffer.allocUnsafe(size);
  let written = 0;
  let at = end;

  function copy(offset: number, length: number): void {
    if (offset === 0 || offset > written) throw malformed("a copy begins before its beginning");
    if (written + length > size) throw malformed("a copy goes beyond its end");
    if (offset >= length) {
      out.copyWithin(written, written - offset, written - offset + length);
      written += length;
      return;
    }
    // The copy reads what it writes: a run.
    for (const last = written + length; written < last; written += 1) out[written] = out[written - offset] as number;
  }

  while (at < block.length) {
    const tag = block[at] as number;
    const kind = tag & 3;
    at += 1;
    if (kind === LITERAL) {
      let length = (tag >> 2) + 1;
      if (length > LONG_LITERAL) {
        const octets = length - LONG_LITERAL;
        if (at + octets > block.length) throw malformed("it ends within a length");
        length = block.readUIntLE(at, octets) + 1;
        at += octets;
      }
      if (at + length > block.length || written + length > size) throw malformed("a literal goes beyond its end");
      block.copy(out, written, at, at + length);
      at += length;
      written += length;
      continue;
    }
    const octets = kind === COPY_1 ? 1 : kind === COPY_2 ? 2 : 4;
    if (at + octets > block.length) throw malformed("it ends within a copy");
    const low = block.readUIntLE(at, octets);
    at += octets;
    if (kind === COPY_1) copy(((tag >> 5) << 8) | low, ((tag >> 2) & 7) + 4);
    else copy(low, (tag >> 2) + 1);
  }
  if (written !== size) throw malformed("it is shorter than it says");
  return out;
}

/** The size a block says it unpacks to, a varint of 32 bits at its head. */
function readSize(block: Buffer): { value: number; end: number } {
  let value = 0;
  for (let at = 0; at < 5 && at < block.length; at += 1) {
    const octet = block[at] as number;
    value += (octet & 0x7f) * 2 ** (7 * at);
    if (octet < 0x80) return { value, end: at + 1 };
  }
  throw malformed("its size does not end");
}

function malformed(what: string): RangeError {
  return new RangeError(`a snappy block is malformed: ${what}`);
}
