/** The 202 of an order that is in the log. */
import { sendJson } from "@kith/service-kit";
import type { FastifyReply } from "fastify";
import type { Accepted } from "../publish/order-log.ts";

type Dropped = readonly ("email" | "phoneNumber")[];

export type SendAccepted = (reply: FastifyReply, accepted: Accepted, dropped: Dropped) => FastifyReply;

/** `queryUrl` is where the receipt can be followed. */
export function createSendAccepted(queryUrl: string): SendAccepted {
  const receiptsUrl = `${queryUrl}/v1/receipts/`;
  return function sendAccepted(reply, accepted, dropped) {
    const { receipt } = accepted;
    reply
      .code(202)
      .header("kith-receipt", receipt)
      .header("location", receiptsUrl + receipt);
    return sendJson(reply, `{${acceptedFields(accepted, dropped)}}`);
  };
}

/** The JSON of an accepted order, without the braces around it. */
export function acceptedFields({ eventId, receipt }: Accepted, dropped: Dropped): string {
  const fields = `"eventId":${JSON.stringify(eventId)},"receipt":"${receipt}"`;
  return dropped.length === 0 ? fields : `${fields},"dropped":${JSON.stringify(dropped)}`;
}
