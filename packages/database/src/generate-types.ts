/**
 * Writes tables.generated.ts from a freshly migrated schema (`pnpm db:types`). With --check it writes nothing and fails
 * if the committed file differs. Starts a throw-away database of its own, unless DATABASE_URL names one; there it uses a
 * schema that it drops again.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startPostgres, throwAwayFolder } from "@kith/devstack";
import { sql } from "kysely";
import { createDatabase, quoteIdentifier } from "./create-database.ts";
import { migrateToLatest } from "./migrate-to-latest.ts";

const COMMITTED = fileURLToPath(new URL("./tables.generated.ts", import.meta.url));

const given = process.env.DATABASE_URL;
const server = given
  ? undefined
  : await startPostgres({ folder: join(throwAwayFolder, "postgres"), isDurable: false, isThrowAway: true });
try {
  const generated = await generate(given ?? server!.url);
  if (!process.argv.includes("--check")) {
    await writeFile(COMMITTED, generated);
  } else if (generated !== (await readFile(COMMITTED, "utf8"))) {
    console.error("packages/database/src/tables.generated.ts is not what the migrations make: run `pnpm db:types`.");
    process.exitCode = 1;
  }
} finally {
  await server?.stop();
  await rm(throwAwayFolder, { recursive: true, force: true });
}

async function generate(url: string): Promise<string> {
  const schema = `kith_types_${process.pid}`;
  const folder = await mkdtemp(join(tmpdir(), "kith-types-"));
  try {
    await migrateToLatest({ url, schema });
    const out = join(folder, "tables.ts");
    await runCodegen([
      "--dialect=postgres",
      '--type-mapping={"int8":"number"}',
      `--url=${url}`,
      `--default-schema=${schema}`,
      `--include-pattern=${schema}.*`,
      `--out-file=${out}`,
    ]);
    return await readFile(out, "utf8");
  } finally {
    await dropSchema(url, schema);
    await rm(folder, { recursive: true, force: true });
  }
}

async function runCodegen(args: string[]): Promise<void> {
  const bin = createRequire(import.meta.url)
    .resolve("kysely-codegen/package.json")
    .replace("package.json", "dist/cli/bin.js");
  await promisify(execFile)(process.execPath, [bin, ...args]);
}

async function dropSchema(url: string, schema: string): Promise<void> {
  const { db, close } = createDatabase({ url, schema, role: "admin", poolMax: 1, applicationName: "kith-types" });
  await sql`drop schema if exists ${sql.raw(quoteIdentifier(schema))} cascade`.execute(db);
  await close();
}
