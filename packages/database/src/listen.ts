/** LISTEN on a connection of its own that comes back by itself. */
import pg from "pg";
import { connectionConfig, type DatabaseOptions, quoteIdentifier } from "./create-database.ts";

/** What to listen to, and whom to tell. */
export type ListenOptions = Omit<DatabaseOptions, "poolMax" | "role" | "beforeStatement"> & {
  readonly channel: string;
  /** Called with each notification's payload, and without after each reconnection: some may have been missed meanwhile. */
  readonly onWake: (payload?: string) => void;
};

/** The channel on which a deployment's commits are announced. Names of channels are per database, so the schema is in it. */
export function committedChannel(schema: string): string {
  return `kith_committed_${schema}`;
}

const RECONNECT_MS = 500;

/**
 * Starts listening; never rejects. A notification comes after its commit, and may be missed: whoever waits for one must
 * also look now and then unwoken. Needs a session of its own: it does not work through a pooler in transaction mode.
 */
export function listen(options: ListenOptions): { close(): Promise<void> } {
  let closed = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const opening = new pg.Client(connectionConfig({ ...options, role: "admin" }));
    client = opening;
    opening.on("notification", ({ payload }) => options.onWake(payload));
    opening.on("error", (error) => options.onIdleError?.(error));
    opening.on("end", reconnectLater);
    try {
      await opening.connect();
      await opening.query(`listen ${quoteIdentifier(options.channel)}`);
      options.onWake();
    } catch (error) {
      options.onIdleError?.(error as Error);
      await end(opening);
      reconnectLater();
    }
  }

  function reconnectLater(): void {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void connect(), RECONNECT_MS);
  }

  void connect();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      if (client !== undefined) await end(client);
    },
  };
}

async function end(client: pg.Client): Promise<void> {
  // The connection may be gone already, which is what was wanted.
  await client.end().catch(() => undefined);
}
