/**
 * `POST /api/identify`, the classic synchronous call: into the log, then a lookup that waits for this very order.
 * Once the order is in the log, whatever goes wrong is answered with 202 and the receipt: it is not lost.
 */
import type { Canonicalizer } from "@kith/identifiers";
import { sendJson } from "@kith/service-kit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { LookUp } from "../lookup/batch-lookup-client.ts";
import type { AcceptOrder } from "../publish/accept-order.ts";
import type { WaitingClients } from "../publish/waiting-clients.ts";
import { readIdempotencyKey } from "../requests/idempotency-key.ts";
import { parseIdentifiers } from "../requests/parse-identifiers.ts";
import { asObject } from "../requests/parse-order.ts";
import { readPrefer } from "../requests/prefer.ts";
import type { SendAccepted } from "./send-accepted.ts";

export type IdentifyRouteDependencies = {
  readonly canonicalizer: Canonicalizer;
  readonly acceptOrder: AcceptOrder;
  readonly lookUp: LookUp;
  readonly waitingClients: Pick<WaitingClients, "enter" | "leave">;
  readonly sendAccepted: SendAccepted;
  readonly waitMsDefault: number;
  readonly waitMsMax: number;
};

export function addIdentifyRoutes(app: FastifyInstance, dependencies: IdentifyRouteDependencies): void {
  const { canonicalizer, acceptOrder, lookUp, waitingClients, sendAccepted, waitMsDefault, waitMsMax } = dependencies;

  async function identify(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const startedAt = Date.now();
    const { headers } = request.raw;
    const key = readIdempotencyKey(headers["idempotency-key"]);
    const identifiers = parseIdentifiers(asObject(request.body), canonicalizer);
    const preference = readPrefer(headers.prefer, waitMsMax);
    const isAwaited = !preference.isAsync;

    if (isAwaited) waitingClients.enter();
    try {
      const accepted = await acceptOrder.one({ order: identifiers, eventId: key }, headers.traceparent, isAwaited);
      if (preference.applied !== undefined) reply.header("preference-applied", preference.applied);
      if (!isAwaited) return sendAccepted(reply, accepted, identifiers.dropped);

      const outcome = await lookUp({
        // Once the order is applied its identifiers are one person's, so one of them finds it: half the probes.
        email: identifiers.email,
        phone: identifiers.email === undefined ? identifiers.phone : undefined,
        receipt: accepted.receipt,
        deadlineAtMs: startedAt + (preference.waitMs ?? waitMsDefault),
      });
      if (outcome.kind !== "found") return sendAccepted(reply, accepted, identifiers.dropped);
      if (outcome.isTruncated) reply.header("kith-truncated", "true");
      reply.header("kith-receipt", accepted.receipt);
      return sendJson(reply, `{"contact":${outcome.contactJson}}`);
    } finally {
      if (isAwaited) waitingClients.leave();
    }
  }

  app.post("/api/identify", identify);
  app.post("/identify", identify);
}
