/** Loopback ports for servers that must know their port before they start. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below the ports that Linux (32768 and up) and macOS (49152 and up) hand to outgoing connections: a port found
// free stays free while a server boots, unless another server picks the same random number.
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;
const TRIES = 100;

/** Returns a port on 127.0.0.1 on which nobody listens. */
export async function chooseFreePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isPortFree("127.0.0.1", port)) return port;
  }
  throw new Error(`Found no free port on 127.0.0.1 among ${TRIES} between ${LOWEST_PORT} and ${HIGHEST_PORT}.`);
}

/** Tells whether a server could listen there now. Any other obstacle than a taken port is an error. */
export function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
