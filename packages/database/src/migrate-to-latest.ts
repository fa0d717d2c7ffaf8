/** Brings a deployment's schema to the newest migration. Safe to run at the same time from several processes. */
import { readdir } from "node:fs/promises";
import { sql } from "kysely";
import { type Migration, type MigrationProvider, Migrator } from "kysely/migration";
import { advisoryKey } from "./advisory-key.ts";
import { createDatabase, quoteIdentifier } from "./create-database.ts";

const MIGRATIONS = new URL("../../../migrations/", import.meta.url);

/** What to migrate. */
export type MigrateOptions = { readonly url: string; readonly schema: string };

/**
 * Applies what is missing, each migration in its own order, all in one transaction, and returns the names applied (none
 * if the schema is up to date). A second process that migrates at the same time waits and then finds nothing to do.
 * Throws the error of the migration that failed; nothing of the run is kept then.
 */
export async function migrateToLatest({ url, schema }: MigrateOptions): Promise<string[]> {
  const { db, close } = createDatabase({ url, schema, role: "admin", poolMax: 2, applicationName: "kith-migrate" });
  try {
    return await db.connection().execute(async (connection) => {
      // Kysely's own lock is taken after it has made its tables; two first runs at once would collide before it.
      await sql`select pg_advisory_lock(${sql.lit(advisoryKey(schema, "migrate"))})`.execute(connection);
      try {
        await sql`create schema if not exists ${sql.raw(quoteIdentifier(schema))}`.execute(connection);
        const migrator = new Migrator({ db, provider: folderProvider(), migrationTableSchema: schema });
        const { error, results } = await migrator.migrateToLatest();
        if (error !== undefined) throw error;
        return (results ?? []).map((result) => result.migrationName);
      } finally {
        await sql`select pg_advisory_unlock(${sql.lit(advisoryKey(schema, "migrate"))})`.execute(connection);
      }
    });
  } finally {
    await close();
  }
}

function folderProvider(): MigrationProvider {
  return {
    async getMigrations() {
      const files = (await readdir(MIGRATIONS)).filter((file) => /^\d{4}_[a-z0-9_]+\.ts$/.test(file)).sort();
      const migrations: Record<string, Migration> = {};
      for (const file of files) migrations[file.slice(0, -".ts".length)] = await import(new URL(file, MIGRATIONS).href);
      return migrations;
    },
  };
}
