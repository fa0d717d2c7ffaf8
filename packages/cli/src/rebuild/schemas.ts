/** The schemas of a rebuild: the live one, and fresh ones beside it. */
import { type Database, migrateToLatest, quoteIdentifier } from "@kith/database";
import { CliError, EXIT } from "../exit-codes.ts";
import { rowsOf } from "../verify/rows-of.ts";

const NAME = /^[a-z_][a-z0-9_]*$/;
/** Room for what is put behind a name, below PostgreSQL's 63. */
const NAME_MAX = 40;

/** True if a schema may be called so. */
export function isSchemaName(name: string): boolean {
  return NAME.test(name) && name.length <= NAME_MAX;
}

/** A table of a schema, quoted. */
export function tableOf(schema: string, table: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}

/** Makes a schema that must not be there yet, at the newest migration. The live one must be at the same. */
export async function makeFreshSchema(db: Database, input: { url: string; live: string; fresh: string }) {
  const { url, live, fresh } = input;
  const [held] = await rowsOf(db, "select 1 from pg_namespace where nspname = $1", [fresh]);
  if (held !== undefined)
    throw new CliError(EXIT.failed, `the schema ${fresh} exists already: take another, or drop it`);
  await migrateToLatest({ url, schema: fresh });
  const differing = await rowsOf(
    db,
    `select name from ${tableOf(live, "kysely_migration")} full join ${tableOf(fresh, "kysely_migration")} f using (name)
     where f.name is null or ${tableOf(live, "kysely_migration")}.name is null`,
  );
  if (differing.length === 0) return;
  await dropSchema(db, fresh);
  throw new CliError(EXIT.failed, `the schema ${live} is not at the newest migration: run \`kith migrate\` first`);
}

export async function dropSchema(db: Database, schema: string): Promise<void> {
  await rowsOf(db, `drop schema if exists ${quoteIdentifier(schema)} cascade`);
}
