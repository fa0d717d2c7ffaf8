/** What stands before the records of a batch (Kafka's record batch, magic 2). */
import { checksum } from "./checksum.ts";

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
const PRODUCER_EPOCH_AT = 51;
const FIRST_SEQUENCE_AT = 53;
const RECORD_COUNT_AT = 57;

/** Where the records of a batch begin. */
export const RECORDS_AT = 61;

const MAGIC = 2;
/** The part of a batch's attributes, or of KafkaJS's number for a compression, that says how records are packed. */
export const CODEC_MASK = 0x07;
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
  if (magic !== MAGIC) throw new RangeError(`records of format ${magic} are not supported`);
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

/** What a producer says of a batch. */
export type NewBatchHead = {
  readonly codec: number;
  readonly inTransaction: boolean;
  readonly firstTimestampMs: number;
  readonly lastTimestampMs: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly recordCount: number;
};

/** Writes the head of a batch whose records stand at {@link RECORDS_AT}, with the checksum of all. */
export function writeBatchHead(batch: Buffer, head: NewBatchHead): void {
  // The first offset and the epoch of the leader are the broker's to say.
  batch.fill(0, 0, MAGIC_AT);
  batch.writeInt32BE(batch.length - LENGTH_ENDS_AT, LENGTH_AT);
  batch.writeInt8(MAGIC, MAGIC_AT);
  batch.writeInt16BE(head.codec | (head.inTransaction ? TRANSACTIONAL : 0), ATTRIBUTES_AT);
  batch.writeInt32BE(head.recordCount - 1, LAST_OFFSET_DELTA_AT);
  batch.writeBigInt64BE(BigInt(head.firstTimestampMs), FIRST_TIMESTAMP_AT);
  batch.writeBigInt64BE(BigInt(head.lastTimestampMs), MAX_TIMESTAMP_AT);
  batch.writeBigInt64BE(head.producerId, PRODUCER_ID_AT);
  batch.writeInt16BE(head.producerEpoch, PRODUCER_EPOCH_AT);
  batch.writeInt32BE(head.firstSequence, FIRST_SEQUENCE_AT);
  batch.writeInt32BE(head.recordCount, RECORD_COUNT_AT);
  batch.writeUInt32BE(checksum(batch.subarray(CHECKED_FROM)), CHECKSUM_AT);
}
