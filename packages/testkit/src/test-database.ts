/** A database of its own for each test file, cloned from a migrated template: milliseconds instead of a migration. */
import { randomBytes } from "node:crypto";
import {
  type BeforeStatement,
  createDatabase,
  type Database,
  type DatabaseRole,
  migrateToLatest,
  quoteIdentifier,
} from "@kith/database";
import { sql } from "kysely";
import { inject } from "vitest";
import { keepDatabase } from "./keep-database.ts";
import { SAID_FOLDER } from "./said.ts";

/** A fresh, migrated and empty database. */
export type TestDatabase = {
  readonly url: string;
  readonly schema: string;
  /** Opens a pool on it; closed with the database. */
  open(role?: DatabaseRole, poolMax?: number, beforeStatement?: BeforeStatement): Database;
  /** Closes the pools and drops the database. */
  drop(): Promise<void>;
};

const SCHEMA = "kith";
const TEMPLATE = "kith_test_template";
const TEMPLATE_LOCK = 20_260_101;

/** Makes the database; call it in `beforeAll` or a `setup()` and `drop` it afterwards. */
export async function testDatabase(): Promise<TestDatabase> {
  const adminUrl = inject("databaseUrl");
  const name = `kith_test_${randomBytes(6).toString("hex")}`;
  await asAdmin(adminUrl, async (admin) => {
    // Files run side by side; a template can be cloned by one session at a time.
    await sql`select pg_advisory_lock(${TEMPLATE_LOCK})`.execute(admin);
    await ensureTemplate(admin, adminUrl);
    await sql`create database ${sql.raw(quoteIdentifier(name))} template ${sql.raw(TEMPLATE)}`.execute(admin);
  });
  const url = withDatabase(adminUrl, name);
  const closers: (() => Promise<void>)[] = [];
  const open: TestDatabase["open"] = (role = "admin", poolMax = 4, beforeStatement) => {
    const options = { url, schema: SCHEMA, role, poolMax, applicationName: "kith-test" };
    const { db, close } = createDatabase(beforeStatement === undefined ? options : { ...options, beforeStatement });
    closers.push(close);
    return db;
  };
  return {
    url,
    schema: SCHEMA,
    open,
    async drop() {
      if (process.env[SAID_FOLDER] !== undefined) await keepDatabase(open("reader", 1));
      for (const close of closers.splice(0)) await close();
      await asAdmin(adminUrl, (admin) =>
        sql`drop database ${sql.raw(quoteIdentifier(name))} with (force)`.execute(admin),
      );
    },
  };
}

async function ensureTemplate(admin: Database, adminUrl: string): Promise<void> {
  const { rows } = await sql`select 1 from pg_database where datname = ${TEMPLATE} and datistemplate`.execute(admin);
  if (rows.length > 0) return;
  await sql`drop database if exists ${sql.raw(TEMPLATE)}`.execute(admin);
  await sql`create database ${sql.raw(TEMPLATE)}`.execute(admin);
  await migrateToLatest({ url: withDatabase(adminUrl, TEMPLATE), schema: SCHEMA });
  await sql`alter database ${sql.raw(TEMPLATE)} is_template true`.execute(admin);
}

async function asAdmin<T>(url: string, work: (admin: Database) => Promise<T>): Promise<T> {
  const { db, close } = createDatabase({
    url,
    schema: "public",
    role: "admin",
    poolMax: 1,
    applicationName: "kith-test",
  });
  try {
    return await db.connection().execute(work);
  } finally {
    await close();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
