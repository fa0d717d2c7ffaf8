/** What stands before the records of a batch (Kafka's record batch, magic 2). */

/** The bytes of a batch are not those that were written. */
export class CorruptBatchError extends Error {
  constructor(baseOffset: number) {
    super(`the record batch at offset ${baseOffset} does not match its checksum`);
    this.name = "CorruptBatchError";
  }
}

export type RecordBatchHead = {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly checksum: number;
  readonly codec: number;
  readonly isControlBatch: boolean;
  readonly inTransaction: boolean;
  readonly firstTimestampMs: number;
  /** Only where the broker stamped the batch when it was appended. */
  readonly appendTimestampMs: number | undefined;
  readonly producerId: string;
  readonly recordCount: number;
  /** Where the records begin, from the batch's beginning. */
  readonly recordsAt: number;
  /** Where the batch ends in the bytes it was read from. */
  readonly end: number;
};

// Where things lie in a batch. Its length counts what follows the length itself.
const LENGTH_AT = 8;
const LENGTH_ENDS_AT = 12;
const MAGIC_AT = 16;
const CHECKSUM_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const FIRST_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const PRODUCER_ID_AT = 43;
const RECORD_COUNT_AT = 57;
const RECORDS_AT = 61;

const CODEC_MASK = 0x07;
const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** The checksum covers a batch from here on. */
export const CHECKED_FROM = ATTRIBUTES_AT;

/** The head of the batch at `at`; undefined if the batch is not whole. */
export function readBatchHead(bytes: Buffer, at: number): RecordBatchHead | undefined {
  if (at + RECORDS_AT > bytes.length) return undefined;
  const end = at + LENGTH_ENDS_AT + bytes.readInt32BE(at + LENGTH_AT);
  if (end > bytes.length) return undefined;
  // The checksum does not cover the length, and a negative one would lead back to where it was read.
  if (end < at + RECORDS_AT) throw new CorruptBatchError(Number(bytes.readBigInt64BE(at)));
  const magic = bytes.readInt8(at + MAGIC_AT);
  // Formats older than Kafka 0.11's: Kafka 4 has none.
  if (magic !== 2) throw new RangeError(`records of format ${magic} are not supported`);
  const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT);
  const baseOffset = Number(bytes.readBigInt64BE(at));
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT),
    checksum: bytes.readUInt32BE(at + CHECKSUM_AT),
    codec: attributes & CODEC_MASK,
    isControlBatch: (attributes & CONTROL) !== 0,
    inTransaction: (attributes & TRANSACTIONAL) !== 0,
    firstTimestampMs: Number(bytes.readBigInt64BE(at + FIRST_TIMESTAMP_AT)),
    appendTimestampMs: attributes & APPEND_TIME ? Number(bytes.readBigInt64BE(at + MAX_TIMESTAMP_AT)) : undefined,
    producerId: String(bytes.readBigInt64BE(at + PRODUCER_ID_AT)),
    recordCount: bytes.readInt32BE(at + RECORD_COUNT_AT),
    recordsAt: RECORDS_AT,
    end,
  };
}
