/** Opens an app's port, and says which variable to set if that is not possible. */
import type { FastifyInstance } from "fastify";
import { ConfigError } from "./load-config.ts";

const BACKLOG = 1_024;
const FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: "PORT: the port is taken on this address; expected a free one",
  EACCES: "PORT: this user may not listen on the port; expected one above 1023",
  EADDRNOTAVAIL: "HOST: this machine has no such address",
  ENOTFOUND: "HOST: the name cannot be resolved",
};

/** Listens as `HOST` and `PORT` say. Resolves with the base URL. */
export async function listenHttp(app: FastifyInstance, config: { HOST: string; PORT: number }): Promise<string> {
  try {
    return await app.listen({ host: config.HOST, port: config.PORT, backlog: BACKLOG });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const failure = FAILURES[code];
    if (failure === undefined) throw error;
    const at = `HOST=${config.HOST} PORT=${config.PORT}`;
    throw new ConfigError(`The service cannot listen with ${at}:\n  ${failure}`, { cause: error });
  }
}
