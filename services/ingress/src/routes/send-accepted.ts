/** The 202 of an order that is in the log. */
import type { FastifyReply } from "fastify";
import type { Accepted } from "../publish/order-log.ts";

export type SendAccepted = (
  reply: FastifyReply,
  accepted: Accepted,
  dropped: readonly ("email" | "phoneNumber")[],
) => FastifyReply;

/** `queryUrl` is where the receipt can be followed. */
export function createSendAccepted(queryUrl: string): SendAccepted {
  const receiptsUrl = `${queryUrl}/v1/receipts/`;
  return function sendAccepted(reply, { eventId, receipt }, dropped) {
    const tail = dropped.length === 0 ? "}" : `,"dropped":${JSON.stringify(dropped)}}`;
    return reply
      .code(202)
      .header("content-type", "application/json; charset=utf-8")
      .header("kith-receipt", receipt)
      .header("location", receiptsUrl + receipt)
      .send(`{"eventId":${JSON.stringify(eventId)},"receipt":"${receipt}"${tail}`);
  };
}
