/**
 * A produce request → its bytes, written here instead of by KafkaJS 2.2.4: it copies every record through eight buffers,
 * which are filled with zeros and grow by doubling, fifteen times what is sent. V8 counts that memory, and collects its
 * old generation for it.
 * Formats: https://kafka.apache.org/documentation/#recordbatch, https://kafka.apache.org/protocol#The_Messages_Produce
 */
import { pack } from "./codecs.ts";
import { RequestParts, stringBytes, writeString } from "./frame-request.ts";
import { CODEC_MASK, RECORDS_AT, writeBatchHead } from "./record-batch-head.ts";
import { replacePart } from "./replace-part.ts";
import { type RecordToWrite, recordRoom, writeRecord } from "./write-record.ts";

/** What KafkaJS's broker asks of the request. */
export type ProduceRequest = {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null;
  readonly producerId?: KafkaJsInt64;
  readonly producerEpoch?: number;
  readonly compression?: number;
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly PartitionRecords[] }[];
};

type PartitionRecords = {
  /** KafkaJS takes it from the key of an object. */
  readonly partition: number | string;
  readonly firstSequence?: number;
  /** Milliseconds since 1970, as digits; without one it is the time of encoding. */
  readonly messages: readonly (RecordToWrite & { readonly timestamp?: string | null })[];
};

/** A number, digits, or an object of `long.js`. */
type KafkaJsInt64 = number | string | { toString(): string };

const PRODUCE = 0;
const API_VERSION = 3;
const NO_PRODUCER = -1;
/** Acknowledgements, time limit and the number of topics; the number of partitions; a partition and its octets. */
const REQUEST_HEAD_BYTES = 10;
const TOPIC_HEAD_BYTES = 4;
const PARTITION_HEAD_BYTES = 8;
/** Records are written here first; it grows, and what is larger than the maximum has memory of its own. */
const SCRATCH_BYTES_MIN = 64 * 1024;
const SCRATCH_BYTES_MAX = 2 * 1024 * 1024;

let scratch: Buffer = Buffer.allocUnsafeSlow(SCRATCH_BYTES_MIN);

/** Puts this encoder in the place of KafkaJS's own. To be called before the first produce request. */
export function replaceProduceEncoder(): void {
  // Versions 4 to 7 are made of this one.
  replacePart("protocol/requests/produce/v3/request", produceRequest);
}

/** Version 3 of the request: the first whose records have headers. */
export function produceRequest(request: ProduceRequest) {
  return {
    apiKey: PRODUCE,
    apiVersion: API_VERSION,
    apiName: "Produce",
    expectResponse: () => request.acks !== 0,
    encode: async () => new RequestParts(await encodeProduce(request)),
  };
}

async function encodeProduce(request: ProduceRequest): Promise<Buffer[]> {
  const { acks, timeout, transactionalId = null, topicData } = request;
  const head = Buffer.allocUnsafe(REQUEST_HEAD_BYTES + stringBytes(transactionalId));
  let at = writeString(head, 0, transactionalId);
  at = head.writeInt16BE(acks, at);
  at = head.writeInt32BE(timeout, at);
  head.writeInt32BE(topicData.length, at);
  const parts: Buffer[] = [head];
  for (const { topic, partitions } of topicData) {
    const topicHead = Buffer.allocUnsafe(TOPIC_HEAD_BYTES + stringBytes(topic));
    topicHead.writeInt32BE(partitions.length, writeString(topicHead, 0, topic));
    parts.push(topicHead);
    for (const records of partitions) {
      const batch = await encodeBatch(request, records);
      const partitionHead = Buffer.allocUnsafe(PARTITION_HEAD_BYTES);
      partitionHead.writeInt32BE(Number(records.partition), 0);
      partitionHead.writeInt32BE(batch.length, 4);
      parts.push(partitionHead, batch);
    }
  }
  return parts;
}

async function encodeBatch(request: ProduceRequest, partition: PartitionRecords): Promise<Buffer> {
  const { compression = 0, transactionalId, producerId = NO_PRODUCER, producerEpoch = 0 } = request;
  const { messages, firstSequence = 0 } = partition;
  const times = timesOf(messages);
  const codec = compression & CODEC_MASK;
  const batch = codec === 0 ? writeRecords(messages, times) : await packRecords(codec, messages, times);
  writeBatchHead(batch, {
    codec,
    inTransaction: transactionalId !== undefined && transactionalId !== null && transactionalId !== "",
    firstTimestampMs: times.first,
    lastTimestampMs: times.last,
    producerId: BigInt(String(producerId)),
    producerEpoch,
    firstSequence,
    recordCount: messages.length,
  });
  return batch;
}

type Times = { readonly first: number; readonly last: number; readonly now: number };

function timesOf(messages: PartitionRecords["messages"]): Times {
  const now = Date.now();
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let text: string | undefined;
  for (const { timestamp } of messages) {
    if (timestamp === text || timestamp === undefined || timestamp === null) continue;
    text = timestamp;
    const time = Number(timestamp);
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  return first > last ? { first: now, last: now, now } : { first, last, now };
}

/** The records of a batch after the room for its head, in memory of their own. */
function writeRecords(messages: PartitionRecords["messages"], { first, now }: Times): Buffer {
  let out = scratch;
  let at = RECORDS_AT;
  for (let index = 0; index < messages.length; index++) {
    const record = messages[index]!;
    const end = at + recordRoom(record);
    if (end > out.length) out = grown(out, at, end);
    at = writeRecord(out, at, record, Number(record.timestamp ?? now) - first, index);
  }
  if (out.length <= SCRATCH_BYTES_MAX) scratch = out;
  return Buffer.from(out.subarray(0, at));
}

async function packRecords(codec: number, messages: PartitionRecords["messages"], times: Times): Promise<Buffer> {
  const packed = await pack(codec, writeRecords(messages, times).subarray(RECORDS_AT));
  const batch = Buffer.allocUnsafe(RECORDS_AT + packed.length);
  batch.set(packed, RECORDS_AT);
  return batch;
}

function grown(from: Buffer, used: number, needed: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * from.length, needed));
  larger.set(from.subarray(0, used));
  return larger;
}
