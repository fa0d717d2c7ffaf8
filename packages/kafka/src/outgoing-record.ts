/** Records on their way into the log, and their size there. */

/** A record to publish. It is handed to KafkaJS as it is: do not change it before the publish has settled. */
export type OutgoingRecord = {
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  /** A list where a name occurs more than once. */
  readonly headers?: Record<string, string | Buffer | (string | Buffer)[]>;
  readonly partition: number;
  /** The record's time, as milliseconds since 1970 in digits. Default: when it is sent. */
  readonly timestamp?: string;
};

/** Where a record lies. */
export type LogPlace = { readonly partition: number; readonly offset: number };

// Lengths, deltas and attributes around the key and value of a record, and around each header, at most.
const RECORD_FRAME_BYTES = 32;
const HEADER_FRAME_BYTES = 10;

/** What a record's key and value weigh. */
export function contentBytes({ key, value }: OutgoingRecord): number {
  return bytesOf(key) + bytesOf(value);
}

/** What a record adds to its batch at most. */
export function recordBytesAtMost(record: OutgoingRecord): number {
  let bytes = RECORD_FRAME_BYTES + contentBytes(record);
  const { headers } = record;
  for (const name in headers) {
    const given = headers[name]!;
    const frame = HEADER_FRAME_BYTES + Buffer.byteLength(name);
    if (Array.isArray(given)) for (const value of given) bytes += frame + bytesOf(value);
    else bytes += frame + bytesOf(given);
  }
  return bytes;
}

function bytesOf(text: string | Buffer | null): number {
  if (text === null) return 0;
  return typeof text === "string" ? Buffer.byteLength(text) : text.length;
}
