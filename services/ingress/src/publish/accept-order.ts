/** Orders → the log. Whatever prevents one is a 503 that carries its eventId, so that a retry is safe. */
import { KithError } from "@kith/contracts";
import type { Order } from "../requests/parse-order.ts";
import { observationRecord } from "./observation-record.ts";
import type { Accepted, OrderLog, OutgoingOrder } from "./order-log.ts";
import type { RandomHex } from "./random-pool.ts";
import { recordTimeMs } from "./seen-at.ts";
import { traceparentOf } from "./traceparent.ts";

/** An order with the event id that it came with. */
export type GivenOrder = { readonly order: Order; readonly eventId: string | undefined };

/** `traceparent` is the request's header; an order without an event id gets a new one. */
export type AcceptOrder = {
  /** `isAwaited` if the answer is to come once the order is applied. */
  one(given: GivenOrder, traceparent: string | string[] | undefined, isAwaited?: boolean): Promise<Accepted>;
  /** The orders of one request, in their order and under one trace; never rejects. */
  all(given: readonly GivenOrder[], traceparent: string | string[] | undefined): Promise<(Accepted | KithError)[]>;
};

export type AcceptOrderDependencies = {
  readonly log: Pick<OrderLog, "partitions" | "publish" | "publishAll">;
  readonly newEventId: () => string;
  readonly nextSeenAt: (nowMs: number) => number;
  readonly nowMs: () => number;
  readonly randomHex: RandomHex;
};

export function createAcceptOrder(dependencies: AcceptOrderDependencies): AcceptOrder {
  const { log, newEventId, nextSeenAt, nowMs, randomHex } = dependencies;

  function toOutgoing(given: GivenOrder, partitions: number, traceparent: string, isAwaited: boolean): OutgoingOrder {
    const { order, eventId = newEventId() } = given;
    const now = nowMs();
    const seenAt = order.seenAt ?? nextSeenAt(now);
    const timeMs = recordTimeMs(seenAt, now);
    return {
      eventId,
      record: observationRecord({ order, eventId, seenAt, timeMs, traceparent, isAwaited }, partitions),
    };
  }

  const unavailable = ({ eventId = newEventId() }: GivenOrder) => new KithError("log-unavailable", { eventId });

  return {
    one(given, traceparent, isAwaited = false) {
      const partitions = log.partitions();
      if (partitions === undefined) return Promise.reject(unavailable(given));
      return log.publish(toOutgoing(given, partitions, traceparentOf(traceparent, randomHex), isAwaited));
    },

    async all(given, traceparent) {
      const partitions = log.partitions();
      if (partitions === undefined) return given.map(unavailable);
      const trace = traceparentOf(traceparent, randomHex);
      return await log.publishAll(given.map((one) => toOutgoing(one, partitions, trace, false)));
    },
  };
}
