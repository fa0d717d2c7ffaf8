/**
 * The connections of a server and the answers they are owed. Node's own `closeIdleConnections` spares those that never
 * sent a request, and one such client would hold up a shutdown for the ten seconds it may take.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** What is known of a server's connections. */
export type Connections = {
  /** The answer to the last request on a connection, if it is not given yet. */
  owedAnswer(socket: Duplex): ServerResponse | undefined;
  /** Closes the connections that are owed nothing, and, if told so, those whose request has not arrived whole. */
  closeIdle(options: { alsoUnfinishedRequests: boolean }): void;
};

/** Follows the connections of a server from now on. */
export function trackConnections(server: Server): Connections {
  const sockets = new Set<Duplex>();
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on("connection", (socket: Duplex) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    answers.set(request.socket, response);
  });

  function owedAnswer(socket: Duplex): ServerResponse | undefined {
    const answer = answers.get(socket);
    return answer === undefined || answer.writableFinished ? undefined : answer;
  }

  return {
    owedAnswer,
    closeIdle({ alsoUnfinishedRequests }) {
      for (const socket of sockets) {
        const owed = owedAnswer(socket);
        if (owed === undefined || (alsoUnfinishedRequests && !owed.req.complete)) socket.destroy();
      }
    },
  };
}
