/**
 * A record that can never be applied, as it is kept: key, value and headers as they were, and why. What is larger than
 * its limit is cut, and the size and hash of the whole are kept with it: a compressed batch can hold records of any size.
 */
import { hash } from "node:crypto";
import { REDRIVE_HEADERS } from "@kith/contracts";
import type { IncomingRecord } from "@kith/kafka";
import type { DeadLetterRow } from "../reconcile/sql/insert-dead-letters.ts";

/** A record of `order.identity` that was not compressed is always smaller. */
export const RAW_BYTES_MAX = 1024 * 1024;
// With these a copy fits into a record of the dead-letter topic, which may be 64 KiB larger than one of order.identity.
export const KEY_BYTES_MAX = 16 * 1024;
export const HEADERS_BYTES_MAX = 32 * 1024;
/** What a header counts beside its name and value, so that empty ones have an end as well. */
export const HEADER_FRAME_BYTES = 10;
const REASON_CHARACTERS_MAX = 500;
const PLACE = /^(?:[0-9a-f-]{36}\/)?[0-9]{1,10}:[0-9]{1,16}$/;

export function describeDeadLetter(
  record: IncomingRecord,
  partition: number,
  why: { readonly code: string; readonly reason: string },
): DeadLetterRow {
  const { offset, value } = record;
  const key = record.key;
  const kept = keepHeaders(record.headers);
  const isCut = value !== null && value.length > RAW_BYTES_MAX;
  return {
    partition,
    offset,
    code: why.code,
    reason: why.reason.slice(0, REASON_CHARACTERS_MAX),
    key: cutBytes(key, KEY_BYTES_MAX),
    keyBytes: key !== null && key.length > KEY_BYTES_MAX ? key.length : null,
    raw: cutBytes(value, RAW_BYTES_MAX),
    rawBytes: isCut ? value.length : null,
    rawSha256: isCut ? hash("sha256", value, "buffer") : null,
    headers: JSON.stringify(kept.headers),
    headersBytes: kept.bytes > HEADERS_BYTES_MAX ? kept.bytes : null,
    redrivenFrom: redrivenFrom(record.headers),
  };
}

/** A copy, so that the rest of what was cut, and the fetch around it, can be let go. */
function cutBytes(bytes: Buffer | null, bytesMax: number): Buffer | null {
  return bytes === null || bytes.length <= bytesMax ? bytes : Buffer.from(bytes.subarray(0, bytesMax));
}

/** The headers from the first one on, as many as fit; `bytes` is what all of them count. */
function keepHeaders(headers: IncomingRecord["headers"]) {
  const kept: string[][] = [];
  let bytes = 0;
  for (const name of Object.keys(headers)) {
    const value = headers[name] ?? "";
    for (const one of Array.isArray(value) ? value : [value]) {
      bytes += HEADER_FRAME_BYTES + Buffer.byteLength(name) + Buffer.byteLength(one);
      if (bytes <= HEADERS_BYTES_MAX) kept.push(headerEntry(name, Buffer.from(one).toString("base64")));
    }
  }
  return { headers: kept, bytes };
}

/** jsonb holds any text but NUL and lone surrogates: a name with one of them is kept in base64 as well. */
function headerEntry(name: string, value: string): string[] {
  const isPlain = !name.includes("\0") && name.isWellFormed();
  return isPlain ? [name, value] : [Buffer.from(name).toString("base64"), value, "base64"];
}

function redrivenFrom(headers: IncomingRecord["headers"]): string | null {
  const value = headers[REDRIVE_HEADERS.from];
  const text = String((Array.isArray(value) ? value.at(-1) : value) ?? "");
  return PLACE.test(text) ? text : null;
}
