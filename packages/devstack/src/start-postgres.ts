/** Starts the embedded PostgreSQL 18 on a free loopback port. */
import { chown, readFile, rm, writeFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endOldServer } from "./end-old-server.ts";
import { chooseFreePort } from "./free-port.ts";
import type { IssuedCertificate } from "./make-certificates.ts";
import { makePostgresCluster, postgresEnvironment } from "./make-postgres-cluster.ts";
import { findPostgresPrograms } from "./postgres-programs.ts";
import { prepareReachableFolder, removeReachableFolder } from "./reachable-folder.ts";
import { refuseForeignServer } from "./refuse-foreign-server.ts";
import { type GuardedServer, readLogEnd, startGuardedServer } from "./run-guarded.ts";
import { type Say, sayNothing } from "./say.ts";
import { chooseServerUser, type ServerUser } from "./server-user.ts";

/** Where the data lie and how carefully they are kept. */
export type PostgresOptions = {
  /** Holds the data; the log and the process id lie beside it. One server per folder at a time: the caller's business. */
  readonly folder: string;
  /** False gives up what survives a crash of the machine (fsync) for speed. Default true. */
  readonly isDurable?: boolean;
  /** Offers TLS, beside connections without. */
  readonly tls?: IssuedCertificate;
  /** Removes the folder when the server ends, in whatever way. Default false. */
  readonly isThrowAway?: boolean;
  /** Settings of the server by name, over its own. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly say?: Say;
};

/** A running server. */
export type RunningPostgres = {
  /** As superuser `kith`, database `kith`. */
  readonly url: string;
  readonly pid: number;
  /** Where it really keeps its data. */
  readonly dataFolder: string;
  /** Settles when the server is gone, whoever ended it. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
};

const STOP_LIMIT_SECONDS = 30;
// Recovery after a kill -9 replays up to max_wal_size.
const READY_LIMIT_MS = 120_000;
const READY_POLL_MS = 20;
const PAGE_MEGABYTES_MIN = 256;
const PAGE_MEGABYTES_MAX = 4_096;

/** Starts the server, making or repairing its data first; resolves when it accepts connections. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { folder, isDurable = true, isThrowAway = false, say = sayNothing } = options;
  const user = await chooseServerUser(join(folder, "data"));
  const programs = await findPostgresPrograms(user);
  const home = await prepareReachableFolder(folder, user, say);
  const guardOptions = {
    name: "Postgres",
    stopSignal: "INT", // "fast": ends sessions and writes a checkpoint
    stopLimitSeconds: STOP_LIMIT_SECONDS,
    logFile: `${folder}.log`,
    pidFile: `${folder}.pid`,
    // With the flag: whoever only mentions the folder, an editor perhaps, is no server.
    marker: `-D ${join(home, "data")} `,
  } as const;
  await endOldServer(guardOptions);
  await refuseForeignServer(join(home, "data"));
  const { data, password } = await makePostgresCluster({ home, programs, user, isDurable, say });
  // No server runs on these data, whatever this file says: its process id may belong to somebody else by now.
  await rm(join(data, "postmaster.pid"), { force: true });
  const tlsSettings = options.tls === undefined ? {} : await writeTlsFiles(home, options.tls, user);
  const port = await chooseFreePort();
  const server = await startGuardedServer({
    ...guardOptions,
    command: programs.postgres,
    args: ["-D", data, "-p", String(port), ...settings(isDurable, { ...tlsSettings, ...options.settings })],
    cwd: home,
    env: postgresEnvironment,
    user,
    // Services that lose their parent too still commit and leave their group.
    orphanSeconds: isThrowAway ? 0 : 3,
    throwAwayFolder: isThrowAway ? home : undefined,
  });
  await untilReady(server, join(data, "postmaster.pid"), guardOptions.logFile);
  return {
    url: `postgresql://kith:${password}@127.0.0.1:${port}/kith`,
    pid: server.pid,
    dataFolder: data,
    exited: server.exited.then(() => {}),
    async stop() {
      await server.stop();
      if (isThrowAway) await removeReachableFolder(folder);
    },
  };
}

/** The server refuses a key that others can read. */
async function writeTlsFiles(home: string, { certificate, key }: IssuedCertificate, user: ServerUser | undefined) {
  const files = { ssl_cert_file: join(home, "server.crt"), ssl_key_file: join(home, "server.key") };
  await writeFile(files.ssl_cert_file, certificate, { mode: 0o600 });
  await writeFile(files.ssl_key_file, key, { mode: 0o600 });
  if (user !== undefined) {
    for (const file of Object.values(files)) await chown(file, user.uid, user.gid);
  }
  return { ssl: "on", ...files };
}

function settings(isDurable: boolean, more: Readonly<Record<string, string>>): string[] {
  const values: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "100",
    shared_buffers: `${isDurable ? pageMegabytes() : PAGE_MEGABYTES_MIN}MB`,
    max_wal_size: isDurable ? "4GB" : "1GB",
    fsync: isDurable ? "on" : "off",
    full_page_writes: isDurable ? "on" : "off",
    synchronous_commit: "on",
    // Ends what a killed client left running.
    client_connection_check_interval: "1s",
    timezone: "UTC",
    // The log holds what the server does, never a client's statement or a value: those are personal data.
    log_timezone: "UTC",
    log_min_messages: "log",
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    log_checkpoints: "off",
    ...more,
  };
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** An eighth of the machine's memory for pages: with a million identities much more than the least of it is in use. */
function pageMegabytes(): number {
  const eighth = Math.floor(totalmem() / 8 / 1024 / 1024);
  return Math.min(Math.max(eighth, PAGE_MEGABYTES_MIN), PAGE_MEGABYTES_MAX);
}

/** The server itself writes "ready" into the last line of its process-id file; pg_ctl waits for the same. */
async function untilReady(server: GuardedServer, postmasterFile: string, logFile: string): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (Date.now() < deadline) {
    if (server.hasExited()) throw new Error(`Postgres ended while starting.\n${await readLogEnd(logFile)}`);
    const lines = await readLines(postmasterFile);
    if (lines[0] === String(server.pid) && lines[7]?.trim() === "ready") return;
    await delay(READY_POLL_MS);
  }
  await server.stop();
  throw new Error(`Postgres was not ready after ${READY_LIMIT_MS / 1000} s.\n${await readLogEnd(logFile)}`);
}

async function readLines(file: string): Promise<string[]> {
  try {
    return (await readFile(file, "utf8")).split("\n");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
