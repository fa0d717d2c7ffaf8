/**
 * Problem documents on the wire. Documents without extras are made once per code: refusing must stay cheaper than
 * accepting. They go out as buffers because Fastify adds a charset to text, which `application/problem+json` has not.
 */
import { STATUS_CODES } from "node:http";
import { KithError, PROBLEM_CODES, type ProblemCode, problemDocument } from "@kith/contracts";
import type { FastifyReply } from "fastify";

const CONTENT_TYPE = "application/problem+json";
const plainDocuments = new Map<ProblemCode, Buffer>();
for (const code of Object.keys(PROBLEM_CODES) as ProblemCode[]) {
  plainDocuments.set(code, Buffer.from(JSON.stringify(problemDocument(code))));
}

/** Answers with the problem document of an error, and `Retry-After` where a retry makes sense. */
export function sendProblem(reply: FastifyReply, error: KithError): FastifyReply {
  reply.code(error.status).header("content-type", CONTENT_TYPE);
  if (error.retryAfterSeconds !== undefined) reply.header("retry-after", String(error.retryAfterSeconds));
  return reply.send(problemBytes(error));
}

/** The bytes of an error's problem document. */
export function problemBytes(error: KithError): Buffer {
  const plain = Object.keys(error.extras).length === 0 ? plainDocuments.get(error.code) : undefined;
  return plain ?? Buffer.from(JSON.stringify(error.toProblem()));
}

/** A whole HTTP/1.1 answer with the problem document of a code, for a socket that has no request to answer. */
export function rawProblem(code: ProblemCode): string {
  const { status } = PROBLEM_CODES[code];
  const body = problemBytes(new KithError(code));
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${CONTENT_TYPE}\r\ncontent-length: ${body.length}\r\n` +
    `connection: close\r\n\r\n${body.toString()}`
  );
}
