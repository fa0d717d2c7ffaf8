/** `kith migrate`: brings the schema of `DATABASE_URL` to the newest migration. */
import { migrateToLatest } from "@kith/database";
import { databaseEnv, loadConfig } from "@kith/service-kit";
import { z } from "zod";
import { parseWords, type Run } from "../command.ts";
import { withPostgres } from "../with-postgres.ts";

const configSchema = z.object(databaseEnv);

/** Waits for Postgres, then applies what is missing. Safe to run by several processes at once. */
export async function migrate({ words, env, terminal }: Run): Promise<void> {
  parseWords(words, {});
  const config = loadConfig(configSchema, env);
  const { DATABASE_URL: url, DATABASE_SCHEMA: schema } = config;
  const applied = await withPostgres(config, terminal, () => migrateToLatest({ url, schema }));
  for (const name of applied) terminal.print(`applied ${name}`);
  terminal.print(applied.length === 0 ? `schema ${schema} is up to date` : `schema ${schema} is now up to date`);
}
