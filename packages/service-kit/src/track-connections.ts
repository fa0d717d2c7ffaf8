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

/** The answer that a connection is owed, on the connection itself: a map of all costs each request, and each collection. */
const OWED = Symbol("owed answer");
type Tracked = Duplex & { [OWED]?: ServerResponse | undefined };

/** How many of the oldest connections are looked at to find an idle one. */
const EVICTION_SCAN_MAX = 256;
/** Who came later than this may not have had the time to ask yet: where many come at once, they spare each other. */
const SILENT_AFTER_MS = 1_000;

/**
 * Follows the connections of a server from now on. Above `idleAbove` of them each new one takes the place of one that
 * is idle: one that has not sent a request for a while if there is such, or else one of the oldest that is owed nothing.
 */
export function trackConnections(
  server: Server,
  idleAbove = Number.POSITIVE_INFINITY,
  silentAfterMs = SILENT_AFTER_MS,
): Connections {
  const sockets = new Set<Tracked>();
  /** Connected since, and nothing asked yet. */
  const silent = new Map<Duplex, number>();
  server.on("connection", (socket: Duplex) => {
    if (sockets.size >= idleAbove) makeRoom();
    sockets.add(socket);
    silent.set(socket, performance.now());
    socket.once("close", () => {
      sockets.delete(socket);
      silent.delete(socket);
    });
  });
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    (request.socket as Tracked)[OWED] = response;
    silent.delete(request.socket);
    response.on("finish", forget);
  });

  /** Otherwise an idle connection would keep its last request and answer alive. */
  function forget(this: ServerResponse): void {
    const socket: Tracked = this.req.socket;
    if (socket[OWED] === this) socket[OWED] = undefined;
  }

  function owedAnswer(socket: Tracked): ServerResponse | undefined {
    const answer = socket[OWED];
    return answer === undefined || answer.writableFinished ? undefined : answer;
  }

  function makeRoom(): void {
    const idle = oldestSilent() ?? oldestIdle();
    if (idle === undefined) return;
    // At once: it is counted until its close event, which comes later.
    sockets.delete(idle);
    silent.delete(idle);
    idle.destroy();
  }

  function oldestSilent(): Duplex | undefined {
    const [oldest] = silent;
    return oldest !== undefined && performance.now() - oldest[1] >= silentAfterMs ? oldest[0] : undefined;
  }

  function oldestIdle(): Duplex | undefined {
    let scanned = 0;
    for (const socket of sockets) {
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
