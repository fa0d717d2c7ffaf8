/**
 * Repairs how KafkaJS 2.2.4 takes the records out of a fetch. It passes those of a batch as arguments of one call, which
 * ends in a RangeError, and with it the consumer for good, from some 125,000 on: one small compressed batch of empty
 * records is enough. Here they are pushed one by one. And it does not look at a batch's checksum; here a batch that does
 * not match is an error that is tried again, not records. Message formats older than Kafka 0.11's are refused.
 */
import { createRequire } from "node:module";

type Decoder = {
  readInt32(): number;
  canReadBytes(size: number): boolean;
  readBytes(size: number): Buffer;
};
type DecodeBatch = (decoder: Decoder) => Promise<{ records: unknown[] }>;

// Where things lie in a batch: base offset 8, length 4 (of what follows it), leader epoch 4, magic 1, checksum 4, the rest.
const LENGTH_AT = 8;
const LENGTH_ENDS_AT = 12;
const MAGIC_AT = 16;
const CHECKSUM_AT = 17;
const CHECKED_FROM = 21;
const MAGIC_OF_RECORD_BATCHES = 2;

/** The bytes of a batch are not those that were written. KafkaJS and the consumer's supervisor fetch it again. */
export class CorruptBatchError extends Error {
  readonly retriable = true;

  constructor(baseOffset: bigint) {
    super(`the record batch at offset ${baseOffset} does not match its checksum`);
    this.name = "CorruptBatchError";
  }
}

export function repairRecordList(): void {
  const require = createRequire(import.meta.url);
  const decodeBatch = require("kafkajs/src/protocol/recordBatch/v0/decoder") as DecodeBatch;
  const crc32C = require("kafkajs/src/protocol/recordBatch/crc32C") as (bytes: Buffer) => number;
  const KafkaJsDecoder = require("kafkajs/src/protocol/decoder") as new (bytes: Buffer) => Decoder;
  // KafkaJS loads the formats of a request when it is first used, so what stands here is what all of them get.
  const path = "kafkajs/src/protocol/requests/fetch/v4/decodeMessages";
  require(path);
  require.cache[require.resolve(path)]!.exports = async function decodeMessages(response: Decoder): Promise<unknown[]> {
    const size = response.readInt32();
    if (size <= 0 || !response.canReadBytes(size)) return [];
    const bytes = response.readBytes(size);
    const all: unknown[] = [];
    for (let at = 0; at + CHECKED_FROM <= bytes.length; ) {
      const end = at + LENGTH_ENDS_AT + bytes.readInt32BE(at + LENGTH_AT);
      // The last batch of an answer may be cut: it comes again at the head of the next one.
      if (end > bytes.length) break;
      const batch = bytes.subarray(at, end);
      if (batch[MAGIC_AT] !== MAGIC_OF_RECORD_BATCHES) {
        throw new RangeError(`message format ${batch[MAGIC_AT]} is not supported`);
      }
      if (crc32C(batch.subarray(CHECKED_FROM)) !== batch.readUInt32BE(CHECKSUM_AT)) {
        throw new CorruptBatchError(batch.readBigInt64BE(0));
      }
      const { records } = await decodeBatch(new KafkaJsDecoder(batch));
      for (const record of records) all.push(record);
      at = end;
    }
    return all;
  };
}
