/**
 * The connections of a server and the answers they are owed. Node's own `closeIdleConnections` spares those that never
 * sent a request, and one such client would hold up a shutdown for the ten seconds it may take. The same knowledge
 * keeps a crowd of idle connections from shutting out those that come to work.
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

/** How many of the oldest connections are looked at to find an idle one. */
const EVICTION_SCAN_MAX = 256;

/**
 * Follows the connections of a server from now on. Above `idleAbove` of them each new one takes the place of one that
 * is idle: one that never sent a request if there is such, or else one of the oldest that is owed nothing.
 */
export function trackConnections(server: Server, idleAbove = Number.POSITIVE_INFINITY): Connections {
  const sockets = new Set<Duplex>();
  /** Connected, and nothing asked yet. */
  const silent = new Set<Duplex>();
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on("connection", (socket: Duplex) => {
    if (sockets.size >= idleAbove) makeRoom();
    sockets.add(socket);
    silent.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      silent.delete(socket);
    });
  });
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    answers.set(request.socket, response);
    silent.delete(request.socket);
  });

  function owedAnswer(socket: Duplex): ServerResponse | undefined {
    const answer = answers.get(socket);
    return answer === undefined || answer.writableFinished ? undefined : answer;
  }

  function makeRoom(): void {
    const idle = oldestOf(silent) ?? oldestOf(sockets);
    if (idle === undefined) return;
    // At once: it is counted until its close event, which comes later.
    sockets.delete(idle);
    silent.delete(idle);
    idle.destroy();
  }

  function oldestOf(candidates: ReadonlySet<Duplex>): Duplex | undefined {
    let scanned = 0;
    for (const socket of candidates) {
      if (owedAnswer(socket) === undefined) return socket;
      scanned += 1;
      if (scanned >= EVICTION_SCAN_MAX) return undefined;
    }
    return undefined;
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
