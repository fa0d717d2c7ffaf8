/** Sends what is JSON already. */
import type { FastifyReply } from "fastify";

/** The media type of every JSON answer that is no problem document. */
export const JSON_CONTENT_TYPE = "application/json; charset=utf-8";

/** Sends a text, or the octets of one, that is JSON already, with its media type. */
export function sendJson(reply: FastifyReply, json: string | Buffer): FastifyReply {
  return reply.header("content-type", JSON_CONTENT_TYPE).send(json);
}
