/** A command's connections to Postgres: waited for, and closed whatever becomes of the command. */
import { createDatabase, type Database, isLostConnection } from "@kith/database";
import { sql } from "kysely";
import { awaitServer } from "./await-server.ts";
import type { Terminal } from "./terminal.ts";

/** Where the deployment's schema is. */
export type PostgresConfig = { readonly DATABASE_URL: string; readonly DATABASE_SCHEMA: string };

/** Enough for commands that need a session of their own beside another. */
const CONNECTIONS_MAX = 3;

/** Waits until Postgres answers, then runs `work`. Connections have no time limits: commands may take long. */
export async function withPostgres<T>(
  { DATABASE_URL: url, DATABASE_SCHEMA: schema }: PostgresConfig,
  terminal: Terminal,
  work: (db: Database) => Promise<T>,
): Promise<T> {
  const { db, close } = createDatabase({
    url,
    schema,
    role: "admin",
    poolMax: CONNECTIONS_MAX,
    applicationName: "kith-cli",
  });
  try {
    await awaitServer({
      name: `Postgres at ${new URL(url).host}`,
      ask: () => sql`select 1`.execute(db),
      // Nobody there, or still starting. A wrong password or name is an answer.
      mayComeUp: isLostConnection,
      ...terminal.wait,
      onWait: terminal.warn,
    });
    return await work(db);
  } finally {
    await close();
  }
}
