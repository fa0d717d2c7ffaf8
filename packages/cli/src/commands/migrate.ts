/** `kith migrate`: brings the schema of `DATABASE_URL` to the newest migration. */
import { createDatabase, isLostConnection, migrateToLatest } from "@kith/database";
import { databaseEnv, type Environment, loadConfig } from "@kith/service-kit";
import { sql } from "kysely";
import { z } from "zod";
import { awaitServer } from "../await-server.ts";
import type { Terminal } from "../terminal.ts";

const configSchema = z.object(databaseEnv);

/** Waits for Postgres, then applies what is missing. Safe to run by several processes at once. */
export async function migrate(env: Environment, terminal: Terminal): Promise<void> {
  const { DATABASE_URL: url, DATABASE_SCHEMA: schema } = loadConfig(configSchema, env);
  await awaitPostgres(url, schema, terminal);
  const applied = await migrateToLatest({ url, schema });
  for (const name of applied) terminal.print(`applied ${name}`);
  terminal.print(applied.length === 0 ? `schema ${schema} is up to date` : `schema ${schema} is now up to date`);
}

async function awaitPostgres(url: string, schema: string, terminal: Terminal): Promise<void> {
  const { db, close } = createDatabase({ url, schema, role: "admin", poolMax: 1, applicationName: "kith-cli" });
  try {
    await awaitServer({
      name: `Postgres at ${new URL(url).host}`,
      ask: () => sql`select 1`.execute(db),
      // Nobody there, or still starting. A wrong password or name is an answer.
      mayComeUp: isLostConnection,
      ...terminal.wait,
      onWait: terminal.warn,
    });
  } finally {
    await close();
  }
}
