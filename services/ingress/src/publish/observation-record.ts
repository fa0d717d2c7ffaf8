/** One observation → the record of `order.identity`, as docs/contract.md describes it. */
import { AWAITED_HEADER, cloudEventHeaders, ORDER_IDENTITY_VERSION } from "@kith/contracts";
import { NORM_VERSION } from "@kith/identifiers";
import { type OutgoingRecord, partitionOf } from "@kith/kafka";
import type { Order } from "../requests/parse-order.ts";

export type ObservationInput = {
  readonly order: Order;
  readonly eventId: string;
  /** Microseconds since 1970. */
  readonly seenAt: number;
  /** The record's own time, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly traceparent: string;
  /** Somebody waits for the order to be applied. */
  readonly isAwaited: boolean;
};

const SOURCE = "urn:kith:ingress";
const RECORD_NAME = { email: "email", phoneNumber: "phone" } as const;

/** Builds the record. The key is the email, else the phone: observations of one identifier keep their order. */
export function observationRecord(input: ObservationInput, partitions: number): OutgoingRecord & { value: string } {
  const { order, eventId, seenAt, timeMs, traceparent, isAwaited } = input;
  const key = order.email ?? order.phone;
  if (key === undefined) throw new TypeError("an observation has at least one identifier");
  const headers = cloudEventHeaders({
    id: eventId,
    type: "order.identity.v1",
    source: SOURCE,
    time: isoTime(Math.floor(seenAt / 1_000)),
  });
  headers.traceparent = traceparent;
  if (isAwaited) headers[AWAITED_HEADER] = "true";
  const timestamp = timestampText(timeMs);
  return { key, value: recordValue(input), headers, partition: partitionOf(key, partitions), timestamp };
}

let lastMs = Number.NaN;
let lastTime = "";

/** Orders come by the hundred in one millisecond, and writing a time out costs more than the rest of the headers. */
function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastTime = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastTime;
}

let lastTimeMs = Number.NaN;
let lastTimestamp = "";

/** One text for the orders of a millisecond: KafkaJS sorts them, and one text compares fast with itself. */
function timestampText(ms: number): string {
  if (ms !== lastTimeMs) {
    lastTimestamp = String(ms);
    lastTimeMs = ms;
  }
  return lastTimestamp;
}

/** JSON by hand: four times as fast as stringifying an object with absent properties, and the order is fixed. */
function recordValue({ order, eventId, seenAt }: ObservationInput): string {
  let json = `{"v":${ORDER_IDENTITY_VERSION},"eventId":${JSON.stringify(eventId)}`;
  if (order.orderId !== undefined) json += `,"orderId":${JSON.stringify(order.orderId)}`;
  if (order.email !== undefined) json += `,"email":${JSON.stringify(order.email)}`;
  if (order.phone !== undefined) json += `,"phone":${JSON.stringify(order.phone)}`;
  json += `,"seenAt":${seenAt}`;
  if (order.occurredAt !== undefined) json += `,"occurredAt":${JSON.stringify(order.occurredAt)}`;
  if (order.source !== undefined) json += `,"source":${JSON.stringify(order.source)}`;
  json += `,"normVersion":${NORM_VERSION}`;
  if (order.dropped.length > 0) json += `,"dropped":${JSON.stringify(order.dropped.map((name) => RECORD_NAME[name]))}`;
  return `${json}}`;
}
