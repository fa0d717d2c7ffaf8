/** Records on their way out of the log. */
import type { KafkaMessage } from "kafkajs";
import { LazyRecord } from "./decode-record-batches.ts";

/** A record as read. `headers` has a list where a name occurs more than once. */
export type IncomingRecord = {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | string | (Buffer | string)[] | undefined>;
};

/** Records of one partition that lie one after the other. */
export type RecordChunk = {
  readonly partition: number;
  /** Where the chunk starts: the position of the partition before it. */
  readonly from: number;
  /** The offset after the chunk. Offsets without a record (transaction marks, compaction) are inside. */
  readonly to: number;
  /** Empty where only offsets without records were read. */
  readonly records: readonly IncomingRecord[];
  /** The end of the partition's log when this was fetched. */
  readonly logEnd: number;
};

const NO_HEADERS = {};

/** Takes over what the decoder read; nothing is copied, and key and headers are decoded when they are asked for. */
class ReadRecord implements IncomingRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly value: Buffer | null;
  readonly message: KafkaMessage;

  constructor(message: KafkaMessage) {
    this.offset = Number(message.offset);
    this.timestampMs = Number(message.timestamp);
    this.value = message.value;
    this.message = message;
  }

  get key(): Buffer | null {
    return this.message.key;
  }

  get headers(): IncomingRecord["headers"] {
    return this.message.headers ?? NO_HEADERS;
  }
}

/** Makes a test for a header of this name. It decodes nothing of a record that was fetched. */
export function createHasHeader(name: string): (record: IncomingRecord) => boolean {
  const octets = Buffer.from(name);
  return function hasHeader(record) {
    const message: unknown = record instanceof ReadRecord ? record.message : undefined;
    return message instanceof LazyRecord ? message.hasHeader(octets) : record.headers[name] !== undefined;
  };
}

export function toIncomingRecord(message: KafkaMessage): IncomingRecord {
  return new ReadRecord(message);
}
