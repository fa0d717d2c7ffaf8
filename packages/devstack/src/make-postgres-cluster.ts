/** Makes the data folder of a new PostgreSQL cluster: superuser and database `kith`, UTF-8, byte-wise sort order. */
import { randomBytes } from "node:crypto";
import { chown, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { statusOf } from "./file-status.ts";
import { makeWhole } from "./make-whole.ts";
import type { PostgresPrograms } from "./postgres-programs.ts";
import { removeFolder } from "./remove-folder.ts";
import { runGuardedCommand } from "./run-guarded.ts";
import type { Say } from "./say.ts";
import type { ServerUser } from "./server-user.ts";

/** What is needed to make a cluster in `home`, a folder that belongs to the user. */
export type ClusterOptions = {
  readonly home: string;
  readonly programs: PostgresPrograms;
  readonly user: ServerUser | undefined;
  readonly isDurable: boolean;
  readonly say: Say;
};

/** The environment of every PostgreSQL program: nothing of the caller's PG* or locale settings. */
export const postgresEnvironment: NodeJS.ProcessEnv = { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" };

/** Makes the cluster unless it is there, and returns its folder and the superuser's password. */
export async function makePostgresCluster(options: ClusterOptions): Promise<{ data: string; password: string }> {
  const data = join(options.home, "data");
  const passwordFile = join(options.home, "password");
  await setBrokenAside(data, options);
  await makeWhole(data, async (unfinished) => {
    options.say("Postgres: making a new data folder …");
    await writeFile(passwordFile, randomBytes(18).toString("base64url"), { mode: 0o600 });
    if (options.user !== undefined) await chown(passwordFile, options.user.uid, options.user.gid);
    await runProgram("initdb", options.programs.initdb, initdbArguments(unfinished, passwordFile, options), options);
    await createDatabase(unfinished, options);
  });
  return { data, password: await readFile(passwordFile, "utf8") };
}

function initdbArguments(data: string, passwordFile: string, options: ClusterOptions): string[] {
  return [
    `--pgdata=${data}`,
    "--username=kith",
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions",
    ...(options.isDurable ? [] : ["--no-sync"]),
  ];
}

/** There is no psql among the programs: the single-user mode runs the one statement. */
async function createDatabase(data: string, options: ClusterOptions): Promise<void> {
  const script = '"$1" --single -D "$2" -c fsync="$3" postgres <<EOF\nCREATE DATABASE kith\nEOF';
  const args = ["-c", script, "sh", options.programs.postgres, data, options.isDurable ? "on" : "off"];
  await runProgram("postgres --single", "/bin/sh", args, options);
}

async function runProgram(name: string, command: string, args: string[], options: ClusterOptions): Promise<void> {
  await runGuardedCommand({
    name,
    command,
    args,
    cwd: options.home,
    env: postgresEnvironment,
    user: options.user,
    stopSignal: "TERM",
    stopLimitSeconds: 5,
  });
}

/** A data folder without its version or control file never was a cluster, or is none any more. */
async function setBrokenAside(data: string, options: ClusterOptions): Promise<void> {
  if ((await statusOf(data)) === undefined) return;
  const parts = await Promise.all([statusOf(join(data, "PG_VERSION")), statusOf(join(data, "global/pg_control"))]);
  if (parts.every((part) => part !== undefined && part.size > 0)) return;
  await removeFolder(`${data}.broken`);
  await rename(data, `${data}.broken`);
  options.say(`Postgres: the data folder is incomplete; it was set aside as ${data}.broken`);
}
