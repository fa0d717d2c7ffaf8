/**
 * Ports of this rig alone. A server that is down for a while must find its port free again, so a port that was free once
 * is not enough: each rig takes a block of its own, held by a listener on the block's first port for as long as it lives.
 */
import { createServer } from "node:net";
import { isPortFree } from "@kith/devstack";

// Above the last port that `fetch` refuses to speak to (10,080: https://fetch.spec.whatwg.org/#bad-port), below those that
// tests and the embedded stack choose from at random.
const LOWEST_PORT = 11_000;
const BLOCK_PORTS = 1_000;
const BLOCKS = 9;
/** The first ones a rig takes are its servers': they are not given out a second time. */
const KEPT_PORTS = 150;

let block: Promise<number> | undefined;
let given = 0;

/** A port on 127.0.0.1 on which nobody listens, and no other rig will. */
export async function choosePort(): Promise<number> {
  block ??= takeBlock();
  const first = await block;
  for (let tries = 0; tries < BLOCK_PORTS; tries++) {
    given += 1;
    if (given === BLOCK_PORTS) given = KEPT_PORTS;
    const port = first + given;
    if (await isPortFree("127.0.0.1", port)) return port;
  }
  throw new Error(`Found no free port on 127.0.0.1 from ${first} to ${first + BLOCK_PORTS}.`);
}

async function takeBlock(): Promise<number> {
  for (let n = 0; n < BLOCKS; n++) {
    const first = LOWEST_PORT + n * BLOCK_PORTS;
    if (await hold(first)) return first;
  }
  throw new Error(`${BLOCKS} rigs run already.`);
}

function hold(port: number): Promise<boolean> {
  const holder = createServer((socket) => void socket.destroy());
  holder.unref();
  return new Promise((resolve, reject) => {
    holder.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    holder.listen({ host: "127.0.0.1", port, exclusive: true }, () => resolve(true));
  });
}
