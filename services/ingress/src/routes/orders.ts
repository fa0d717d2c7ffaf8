/** `POST /v1/orders`: into the log, and no further. */
import type { Canonicalizer } from "@kith/identifiers";
import type { FastifyInstance } from "fastify";
import type { AcceptOrder } from "../publish/accept-order.ts";
import { readIdempotencyKey, resolveEventId } from "../requests/idempotency-key.ts";
import { parseOrder } from "../requests/parse-order.ts";
import { latestSeenAt } from "./latest-seen-at.ts";
import type { SendAccepted } from "./send-accepted.ts";

export type OrderRouteDependencies = {
  readonly canonicalizer: Canonicalizer;
  readonly acceptOrder: AcceptOrder;
  readonly sendAccepted: SendAccepted;
};

export function addOrderRoute(app: FastifyInstance, dependencies: OrderRouteDependencies): void {
  const { canonicalizer, acceptOrder, sendAccepted } = dependencies;
  app.post("/v1/orders", async (request, reply) => {
    const { headers } = request.raw;
    const key = readIdempotencyKey(headers["idempotency-key"]);
    const { order, eventId } = parseOrder(request.body, canonicalizer, "", latestSeenAt(request));
    const accepted = await acceptOrder.one({ order, eventId: resolveEventId(key, eventId) }, headers.traceparent);
    return sendAccepted(reply, accepted, order.dropped);
  });
}
