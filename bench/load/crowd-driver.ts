/**
 * A crowd of clients over bare sockets, in a process of its own. It takes the file of a CrowdLoad as its argument, prints
 * CrowdFigures as lines of JSON, and ends when its standard input does. Node itself raises its limit of open files as
 * far as it may.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { CrowdFigures, CrowdLoad } from "./crowd-load.ts";

/** Clients that come together: fewer than a server's queue of connections it has not accepted yet. */
const AT_ONCE = 100;
const TELL_EVERY_MS = 250;
const DRIP_EVERY_MS = 1_000;

process.stdin.on("end", () => process.exit(1)).resume();
process.on("SIGTERM", () => process.exit(0));
const load = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as CrowdLoad;
const { hostname, port } = new URL(load.url);
const drip = " ".repeat(load.octetsPerSecond);
const awaitsAnswer = load.reads && load.octetsPerSecond === 0;
const statuses: Record<string, number> = {};
let isComplete = false;
let open = 0;
let opened = 0;

setInterval(() => {
  const figures: CrowdFigures = { isComplete, open, opened, statuses };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}, TELL_EVERY_MS);
for (let first = 0; first < load.clients; first += AT_ONCE) {
  const count = Math.min(AT_ONCE, load.clients - first);
  await Promise.all(Array.from({ length: count }, (_, i) => come(first + i)));
}
isComplete = true;

/** Resolves when the client has done what it came for: it is answered, or it has begun if it awaits no answer. */
function come(client: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect({ host: hostname, port: Number(port) });
  let isOpen = false;
  let dripping: NodeJS.Timeout | undefined;
  let leaving: NodeJS.Timeout | undefined;

  socket.once("connect", () => {
    isOpen = true;
    open += 1;
    opened += 1;
    socket.write(load.openings[client % load.openings.length]!);
    if (drip !== "") dripping = setInterval(() => socket.write(drip), DRIP_EVERY_MS);
    if (load.staysMs !== undefined) leaving = setTimeout(() => socket.destroy(), load.staysMs);
    if (!awaitsAnswer) resolve();
  });
  if (load.reads) {
    socket.once("data", (chunk: Buffer) => {
      count(/^HTTP\/1\.1 (\d{3}) /.exec(chunk.toString("latin1", 0, 13))?.[1] ?? "error");
      resolve();
    });
    socket.resume();
  } else {
    socket.pause();
  }
  socket.on("error", () => undefined); // The close that follows is all that counts.
  socket.once("close", () => {
    if (isOpen) open -= 1;
    else count("not connected");
    clearInterval(dripping);
    clearTimeout(leaving);
    resolve();
    if (load.returnsAfterMs !== undefined) setTimeout(() => void come(client), load.returnsAfterMs);
  });
  return promise;
}

function count(status: string): void {
  statuses[status] = (statuses[status] ?? 0) + 1;
}
