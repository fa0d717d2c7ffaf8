/** The rig's Postgres: it can be stopped in three ways, and started again on the same data, or on a backup of them. */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type RunningPostgres, removeReachableFolder, startPostgres } from "@kith/devstack";
import { until } from "@kith/testkit/system";
import { createInTurn } from "./in-turn.ts";
import { signalProcess } from "./signal-process.ts";
import { startAgain } from "./start-again.ts";

const run = promisify(execFile);

/** `fast` ends sessions and writes a checkpoint, `immediate` recovers at the next start, `kill` is a SIGKILL. */
export type StopMode = "fast" | "immediate" | "kill";

export type PostgresServer = {
  /** Past every proxy; changes with every start. */
  url(): string;
  port(): number | undefined;
  pid(): number | undefined;
  dataFolder(): string;
  start(): Promise<void>;
  stop(mode: StopMode): Promise<void>;
  /** Puts a copy of the data folder in the place of the data. The server is stopped. */
  restore(backup: string): Promise<void>;
  remove(): Promise<void>;
};

const CHILDREN_GONE_MS = 30_000;

export function createPostgresServer(options: {
  readonly folder: string;
  readonly onPort: (port: number | undefined) => void;
}): PostgresServer {
  const { folder, onPort } = options;
  let running: RunningPostgres | undefined;
  let last: RunningPostgres | undefined;
  const inTurn = createInTurn();

  async function start(): Promise<void> {
    if (running !== undefined) return;
    const started = await startAgain(() => startPostgres({ folder, isDurable: true }));
    running = started;
    last = started;
    void started.exited.then(() => {
      if (running === started) running = undefined;
    });
    onPort(Number(new URL(started.url).port));
  }

  async function stop(mode: StopMode): Promise<void> {
    const stopping = running;
    if (stopping === undefined) return;
    running = undefined;
    if (mode === "fast") await stopping.stop();
    else {
      const children = await childrenOf(stopping.pid);
      signalProcess(stopping.pid, mode === "immediate" ? "SIGQUIT" : "SIGKILL");
      await stopping.exited;
      // A new postmaster must not touch the data while backends of the old one do.
      await until(
        "the backends are gone",
        async () => (await Promise.all(children.map(isThere))).every((there) => !there),
        { limitMs: CHILDREN_GONE_MS },
      );
    }
    onPort(undefined);
  }

  return {
    url: () => (running ?? last)!.url,
    port: () => (running === undefined ? undefined : Number(new URL(running.url).port)),
    pid: () => running?.pid,
    dataFolder: () => last!.dataFolder,
    start: () => inTurn(start),
    stop: (mode) => inTurn(() => stop(mode)),
    async restore(backup) {
      await run("rm", ["-rf", last!.dataFolder]);
      await run("cp", ["-a", backup, last!.dataFolder]);
    },
    async remove() {
      await inTurn(() => stop("immediate"));
      await removeReachableFolder(folder);
    },
  };
}

/** Direct children of a process, from /proc. */
export async function childrenOf(pid: number): Promise<number[]> {
  const children: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readStat(Number(name));
    if (status?.parent === pid) children.push(Number(name));
  }
  return children;
}

async function isThere(pid: number): Promise<boolean> {
  const status = await readStat(pid);
  return status !== undefined && status.state !== "Z";
}

async function readStat(pid: number): Promise<{ state: string; parent: number } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    const [state = "", parent] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state, parent: Number(parent) };
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))
      return undefined;
    throw error;
  }
}
