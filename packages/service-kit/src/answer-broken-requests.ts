/**
 * Answers for what never becomes a request: broken framing, oversized headers, a request that does not arrive in time.
 * Node gives these to the server with a bare socket, so the answer is written as bytes.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ProblemCode } from "@kith/contracts";
import { rawProblem } from "./send-problem.ts";
import type { Connections } from "./track-connections.ts";

const LINGER_MS = 500;

/** Makes a server answer broken requests with problem documents, and close their connections. */
export function answerBrokenRequests(server: Server, connections: Connections): void {
  server.on("clientError", (error: Error & { code?: string }, socket: Duplex) => {
    const owed = connections.owedAnswer(socket);
    // A request that arrived whole is still being worked on: an error now would be taken for its answer.
    const isTaken = owed !== undefined && (owed.headersSent || owed.req.complete);
    if (error.code === "ECONNRESET" || !socket.writable || isTaken) socket.destroy();
    else answerAndClose(socket, problemCodeOf(error.code));
  });
  // Without these, Node answers with an empty body or drops the connection.
  server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) => {
    if (response.socket !== null) answerAndClose(response.socket, "invalid-request");
  });
  server.on("connect", (_request: IncomingMessage, socket: Duplex) => answerAndClose(socket, "invalid-request"));
}

function problemCodeOf(nodeCode: string | undefined): ProblemCode {
  if (nodeCode === "ERR_HTTP_REQUEST_TIMEOUT") return "request-timeout";
  if (nodeCode === "HPE_HEADER_OVERFLOW" || nodeCode === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return "headers-too-large";
  return "invalid-request";
}

/** Half-closes first: a socket closed with unread input is reset, and the client may never see the answer. */
function answerAndClose(socket: Duplex, code: ProblemCode): void {
  socket.removeAllListeners("data");
  socket.on("data", () => undefined);
  socket.on("error", () => undefined);
  socket.end(rawProblem(code));
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
