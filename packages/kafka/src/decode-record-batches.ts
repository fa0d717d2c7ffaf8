/**
 * The records of a fetch, decoded here instead of by KafkaJS 2.2.4, which can be stopped by what anybody may write: it
 * passes the records of a batch as arguments of one call (a RangeError from some 125,000 on), copies all headers of a
 * record for each header it reads (minutes for a megabyte of them), looks at no checksum, and never gets past a batch
 * whose records were all compacted away, as idempotent producers leave them behind.
 */
import { BatchDamage } from "./batch-damage.ts";
import { checksum } from "./checksum.ts";
import { UnpackError, unpack } from "./codecs.ts";
import { CHECKED_FROM, CorruptBatchError, readBatchHead } from "./record-batch-head.ts";
import { createRecordReader, type RecordReader } from "./record-reader.ts";
import { replacePart } from "./replace-part.ts";

/** A record as KafkaJS's consumer wants it. */
export type FetchedRecord = {
  readonly magicByte: 2;
  readonly attributes: number;
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** A header without a value is undefined. */
  readonly headers: Record<string, Buffer | Buffer[] | undefined>;
  /** Control records count as read and are not shown. */
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
};

type BatchContext = FetchedRecord["batchContext"];

// A reader is a dozen functions: more than a record. One is enough for what is read in one go.
const shared = createRecordReader(Buffer.alloc(0));

function readAt(body: Buffer, at: number): RecordReader {
  shared.moveTo(body, at);
  return shared;
}

/**
 * A record whose key and headers are decoded when they are asked for: most readers want neither, and the seven headers
 * of a CloudEvent cost more to decode than the rest of a record.
 */
export class LazyRecord implements FetchedRecord {
  readonly magicByte = 2;
  readonly attributes: number;
  readonly timestampMs: number;
  readonly offset: string;
  readonly value: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
  readonly body: Buffer;
  readonly keyAt: number;
  readonly headersAt: number;

  constructor(
    place: { attributes: number; timestampMs: number; offset: number; isControlRecord: boolean },
    batchContext: BatchContext,
    value: Buffer | null,
    body: Buffer,
    keyAt: number,
    headersAt: number,
  ) {
    this.attributes = place.attributes;
    this.timestampMs = place.timestampMs;
    this.offset = String(place.offset);
    this.isControlRecord = place.isControlRecord;
    this.batchContext = batchContext;
    this.value = value;
    this.body = body;
    this.keyAt = keyAt;
    this.headersAt = headersAt;
  }

  get timestamp(): string {
    return String(this.timestampMs);
  }

  get key(): Buffer | null {
    return readAt(this.body, this.keyAt).bytes();
  }

  get headers(): FetchedRecord["headers"] {
    return readHeaders(readAt(this.body, this.headersAt));
  }

  /** Whether there is a header of this name, without decoding any. */
  hasHeader(name: Buffer): boolean {
    const reader = readAt(this.body, this.headersAt);
    for (let left = reader.varint(); left > 0; left -= 1) {
      if (reader.skipTextIs(name)) return true;
      reader.skipBytes();
    }
    return false;
  }
}

type KafkaJsDecoder = {
  readInt32(): number;
  canReadBytes(size: number): boolean;
  readBytes(size: number): Buffer;
};

const NO_HEADERS: FetchedRecord["headers"] = Object.freeze(Object.create(null));

/** Puts this decoder in the place of KafkaJS's own, for all versions of its fetch request. */
export function replaceRecordDecoder(): void {
  // KafkaJS loads the formats of a request when it is first used, so what stands here is what all of them get.
  replacePart("protocol/requests/fetch/v4/decodeMessages", async function decodeMessages(response: KafkaJsDecoder) {
    const size = response.readInt32();
    if (size <= 0 || !response.canReadBytes(size)) return [];
    return await decodeFetched(response.readBytes(size));
  });
}

/** The records up to the first batch that can not be read, which stands behind them as {@link BatchDamage}. */
export async function decodeFetched(bytes: Buffer): Promise<FetchedRecord[]> {
  const records: FetchedRecord[] = [];
  try {
    return await decodeRecordBatches(bytes, records);
  } catch (error) {
    const isDamage = error instanceof CorruptBatchError || error instanceof UnpackError || error instanceof RangeError;
    if (!isDamage) throw error;
    records.push(new BatchDamage(error));
    return records;
  }
}

/** All records of the batches, in order. A last batch that was cut is left out: the next fetch brings it whole. */
export async function decodeRecordBatches(bytes: Buffer, records: FetchedRecord[] = []): Promise<FetchedRecord[]> {
  for (let at = 0; ; ) {
    const head = readBatchHead(bytes, at);
    if (head === undefined) return records;
    const batch = bytes.subarray(at, head.end);
    if (checksum(batch.subarray(CHECKED_FROM)) !== head.checksum) throw new CorruptBatchError(head.baseOffset);
    const packed = batch.subarray(head.recordsAt);
    const body = head.codec === 0 || packed.length === 0 ? packed : await unpack(head.codec, packed);
    const before = records.length;
    try {
      readRecords(body, head, records);
    } catch (error) {
      // A batch counts as a whole or not at all.
      records.length = before;
      throw error;
    }
    at = head.end;
  }
}

type BatchHead = NonNullable<ReturnType<typeof readBatchHead>>;

function readRecords(body: Buffer, head: BatchHead, into: FetchedRecord[]): void {
  const { baseOffset, lastOffset, isControlBatch: isControlRecord } = head;
  const batchContext = { producerId: head.producerId, inTransaction: head.inTransaction };
  const reader = createRecordReader(body);
  let offset = -1;
  for (let left = head.recordCount; left > 0; left -= 1) {
    const end = reader.recordEnd();
    const attributes = reader.int8();
    const timestampDelta = reader.varint();
    offset = baseOffset + reader.varint();
    const keyAt = reader.position();
    reader.skipBytes();
    const value = reader.bytes();
    const headersAt = reader.position();
    // Looked over now, so that a malformed record shows here and not where its headers are wanted.
    for (let headers = reader.varint(); headers > 0; headers -= 1) {
      reader.skipText();
      reader.skipBytes();
    }
    const timestampMs = head.appendTimestampMs ?? head.firstTimestampMs + timestampDelta;
    const place = { attributes, timestampMs, offset, isControlRecord };
    into.push(new LazyRecord(place, batchContext, value, body, keyAt, headersAt));
    reader.expectEnd(end);
  }
  // What compaction removed from the end of a batch was read as well: it stands here as a control record.
  if (offset < lastOffset) into.push(compactedTail(lastOffset));
}

function readHeaders(reader: RecordReader): FetchedRecord["headers"] {
  const count = reader.varint();
  if (count === 0) return NO_HEADERS;
  // Without a prototype: a header may have any name.
  const headers: FetchedRecord["headers"] = Object.create(null);
  for (let left = count; left > 0; left -= 1) {
    const name = reader.text();
    const value = reader.bytes();
    const before = headers[name];
    if (value === null) headers[name] = before;
    else if (before === undefined) headers[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [before, value];
  }
  return headers;
}

function compactedTail(lastOffset: number): FetchedRecord {
  return {
    magicByte: 2,
    attributes: 0,
    timestamp: "-1",
    offset: String(lastOffset),
    key: null,
    value: null,
    headers: NO_HEADERS,
    isControlRecord: true,
    batchContext: { producerId: "-1", inTransaction: false },
  };
}
