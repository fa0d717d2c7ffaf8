/** One order → the log. Whatever prevents it is a 503 that carries the eventId, so that a retry is safe. */
import { KithError } from "@kith/contracts";
import type { Order } from "../requests/parse-order.ts";
import { observationRecord } from "./observation-record.ts";
import type { Accepted, OrderLog } from "./order-log.ts";
import type { RandomHex } from "./random-pool.ts";
import { recordTimeMs } from "./seen-at.ts";
import { traceparentOf } from "./traceparent.ts";

/**
 * Publishes an order under the given event id, or a new one. `traceparent` is the request's header; `isAwaited` if the
 * answer is to come once the order is applied.
 */
export type AcceptOrder = (
  order: Order,
  eventId: string | undefined,
  traceparent: string | string[] | undefined,
  isAwaited?: boolean,
) => Promise<Accepted>;

export type AcceptOrderDependencies = {
  readonly log: Pick<OrderLog, "partitions" | "publish">;
  readonly newEventId: () => string;
  readonly nextSeenAt: (nowMs: number) => number;
  readonly nowMs: () => number;
  readonly randomHex: RandomHex;
};

export function createAcceptOrder(dependencies: AcceptOrderDependencies): AcceptOrder {
  const { log, newEventId, nextSeenAt, nowMs, randomHex } = dependencies;
  return function acceptOrder(order, givenEventId, traceparentHeader, isAwaited = false) {
    const eventId = givenEventId ?? newEventId();
    const partitions = log.partitions();
    if (partitions === undefined) return Promise.reject(new KithError("log-unavailable", { eventId }));
    const traceparent = traceparentOf(traceparentHeader, randomHex);
    const now = nowMs();
    const seenAt = order.seenAt ?? nextSeenAt(now);
    const timeMs = recordTimeMs(seenAt, now);
    const record = observationRecord({ order, eventId, seenAt, timeMs, traceparent, isAwaited }, partitions);
    return log.publish(eventId, record);
  };
}
