/**
 * What clients were told about each order they sent: the other half of the ground truth beside the log. An acknowledged
 * order must be in the log; one that is in the log must have been acknowledged or have an unknown outcome.
 */

import { isUnanswered } from "@kith/devstack";
import { type Answer, ask } from "./ask.ts";
import type { GivenOrder } from "./orders.ts";

/** The orders by what became of them, as their clients saw it. */
export type Ledger = {
  /** A 2xx was answered: event id → receipt. */
  readonly acknowledged: ReadonlyMap<string, string>;
  /** Anything else, or no answer at all: the order may be in the log. Event ids that a later try got through are not here. */
  readonly unknown: ReadonlySet<string>;
  /** Sends an order and writes down what came back. Rejects for a status that no order should ever get. */
  send(ingressUrl: string, order: GivenOrder): Promise<Answer<AcceptedBody> | undefined>;
};

type AcceptedBody = { eventId?: string; receipt?: string; contact?: unknown; code?: string };

/** An empty ledger. */
export function createLedger(): Ledger {
  const acknowledged = new Map<string, string>();
  const unknown = new Set<string>();

  async function sendOnce(ingressUrl: string, order: GivenOrder): Promise<Answer<AcceptedBody> | undefined> {
    const { eventId, email, phoneNumber } = order;
    try {
      if (order.via === "orders")
        return await ask(`${ingressUrl}/v1/orders`, { body: { eventId, email, phoneNumber } });
      const headers = { "idempotency-key": eventId, prefer: `wait=${order.waitSeconds ?? 10}` };
      return await ask(`${ingressUrl}/api/identify`, { body: { email, phoneNumber }, headers });
    } catch (error) {
      // No answer: the connection broke, or it took too long.
      if (isUnanswered(error)) return undefined;
      throw error;
    }
  }

  return {
    acknowledged,
    unknown,
    async send(ingressUrl, order) {
      const answer = await sendOnce(ingressUrl, order);
      const receipt = answer?.headers.get("kith-receipt");
      if (answer !== undefined && (answer.status === 200 || answer.status === 202) && receipt) {
        acknowledged.set(order.eventId, receipt);
        unknown.delete(order.eventId);
      } else if (answer === undefined || answer.status === 503) {
        if (!acknowledged.has(order.eventId)) unknown.add(order.eventId);
      } else {
        throw new Error(`an order was answered with ${answer.status} ${answer.body?.code ?? ""}`);
      }
      return answer;
    },
  };
}
