/** One order → the log. Whatever prevents it becomes a 503 that carries the eventId, so that a retry is safe. */
import { KithError } from "@kith/contracts";
import type { Order } from "../requests/parse-order.ts";
import { observationRecord } from "./observation-record.ts";
import type { OrderLog } from "./order-log.ts";
import type { RandomHex } from "./random-pool.ts";
import { traceparentOf } from "./traceparent.ts";

/** An order that is in the log. */
export type Accepted = { readonly eventId: string; readonly receipt: string };

/** Publishes an order under the given event id, or a new one. `traceparent` is the request's header. */
export type AcceptOrder = (
  order: Order,
  eventId: string | undefined,
  traceparent: string | string[] | undefined,
) => Promise<Accepted>;

export type AcceptOrderDependencies = {
  readonly log: Pick<OrderLog, "partitions" | "publish">;
  readonly newEventId: () => string;
  readonly nextSeenAt: () => number;
  readonly randomHex: RandomHex;
};

export function createAcceptOrder({ log, newEventId, nextSeenAt, randomHex }: AcceptOrderDependencies): AcceptOrder {
  return async function acceptOrder(order, givenEventId, traceparentHeader) {
    const eventId = givenEventId ?? newEventId();
    const partitions = log.partitions();
    if (partitions === undefined) throw new KithError("log-unavailable", { eventId });
    const traceparent = traceparentOf(traceparentHeader, randomHex);
    const record = observationRecord({ order, eventId, seenAt: order.seenAt ?? nextSeenAt(), traceparent }, partitions);
    try {
      return { eventId, receipt: await log.publish(record) };
    } catch (error) {
      if (!(error instanceof KithError)) throw error;
      throw new KithError(error.code, { ...error.extras, eventId }, { cause: error });
    }
  };
}
