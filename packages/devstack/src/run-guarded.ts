/**
 * Starts every child process of the devstack under guard.sh: in a session of its own, so that Ctrl-C reaches only us,
 * and ended by the guard as soon as our end of its standard input closes, in whatever way we end.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { statusOf } from "./file-status.ts";
import { killIfThere } from "./running-process.ts";
import type { ServerUser } from "./server-user.ts";

/** What to run and how it wants to be stopped. */
export type GuardedCommand = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Only root can run a child as somebody else. */
  readonly user?: ServerUser | undefined;
  readonly stopSignal: "INT" | "TERM";
  readonly stopLimitSeconds: number;
  /** How much longer the child lives than we do, if we end without stopping it. Default 0. */
  readonly orphanSeconds?: number;
};

/** A command that stays. */
export type GuardedServerOptions = GuardedCommand & {
  /** Receives what the server prints. */
  readonly logFile: string;
  /** Where the process id is kept for the next start. */
  readonly pidFile: string;
  /** Removed by the guard when the server has ended. */
  readonly throwAwayFolder?: string | undefined;
};

/** A server under guard. */
export type GuardedServer = {
  readonly pid: number;
  /** Settles when the server is gone, whoever ended it: with its exit code, 128 and more for a signal, null if unknown. */
  readonly exited: Promise<number | null>;
  hasExited(): boolean;
  /** Ends the server and waits until it is gone. Safe to call twice. */
  stop(): Promise<void>;
};

const LOG_BYTES_MAX = 1_000_000;
const guardScript = readFileSync(join(import.meta.dirname, "guard.sh"), "utf8");
const living = new Set<() => Promise<void>>();

/** Ends everything that runs under guard in this process, finished starting or not. */
export async function stopAllGuarded(): Promise<void> {
  await Promise.all([...living].map((stop) => stop()));
}

/** Starts a server that stays until it is stopped. The caller has ended the one of an earlier run. */
export async function startGuardedServer(options: GuardedServerOptions): Promise<GuardedServer> {
  const log = await open(
    options.logFile,
    ((await statusOf(options.logFile))?.size ?? 0) > LOG_BYTES_MAX ? "w" : "a",
    0o600,
  );
  try {
    const guard = spawnGuard(options, log.fd, options.throwAwayFolder ?? "");
    const pid = await readServerPid(guard, options.name);
    const stop = stopper(guard, pid, options.stopLimitSeconds);
    living.add(stop);
    const exited = whenExited(guard).then(async () => {
      living.delete(stop);
      await rm(options.pidFile, { force: true });
      return guard.exitCode;
    });
    await writeFile(options.pidFile, String(pid), { mode: 0o600 });
    return { pid, exited, hasExited: () => guard.exitCode !== null || guard.signalCode !== null, stop };
  } finally {
    await log.close();
  }
}

/** Runs a command to its end and returns what it printed; a failure carries the last lines of that. */
export async function runGuardedCommand(options: GuardedCommand): Promise<string> {
  const guard = spawnGuard(options, "pipe", "");
  const chunks: Buffer[] = [];
  guard.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<number | null>((resolve) => guard.once("close", resolve));
  const stop = stopper(guard, await readServerPid(guard, options.name), options.stopLimitSeconds);
  living.add(stop);
  const code = await closed;
  living.delete(stop);
  const output = Buffer.concat(chunks).toString("utf8");
  if (code !== 0) throw new Error(`${options.name} failed (exit code ${code}).\n${lastLines(output)}`);
  return output;
}

/** The end of a server's log, for the message that says why it is gone. */
export async function readLogEnd(logFile: string): Promise<string> {
  return lastLines(await readFile(logFile, "utf8"));
}

function spawnGuard(options: GuardedCommand, output: number | "pipe", throwAwayFolder: string): ChildProcess {
  const { stopSignal, stopLimitSeconds, orphanSeconds = 0 } = options;
  const guardArguments = [stopSignal, String(stopLimitSeconds), String(orphanSeconds), throwAwayFolder];
  // The text and not the file: another user may be unable to read a file of this clone.
  return spawn("/bin/sh", ["-c", guardScript, "kith-guard", ...guardArguments, options.command, ...options.args], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["pipe", "pipe", output],
    detached: true,
    ...(options.user === undefined ? {} : { uid: options.user.uid, gid: options.user.gid }),
  });
}

async function readServerPid(guard: ChildProcess, name: string): Promise<number> {
  const firstLine = new Promise<string>((resolve, reject) => {
    guard.once("error", (error) => reject(new Error(`Cannot run ${name}.`, { cause: error })));
    guard.once("exit", () => reject(new Error(`The guard of ${name} ended before it had started anything.`)));
    // Without a listener a write that meets a closed pipe would end this process.
    guard.stdin?.on("error", () => {});
    createInterface({ input: guard.stdout! }).once("line", resolve);
  });
  return Number(await firstLine);
}

function stopper(guard: ChildProcess, serverPid: number, limitSeconds: number): () => Promise<void> {
  return async function stopGuarded() {
    const exited = whenExited(guard);
    if (!guard.stdin?.writableEnded) guard.stdin?.end("stop\n");
    const patience = new AbortController();
    const late = delay((limitSeconds + 5) * 1000, "late", { signal: patience.signal, ref: false }).catch(ignoreAbort);
    if ((await Promise.race([exited, late])) === "late") {
      // The guard itself is stuck or stopped: do its work.
      killIfThere(serverPid);
      guard.kill("SIGKILL");
      await exited;
    }
    patience.abort();
  };
}

function whenExited(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => guard.once("exit", () => resolve()));
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === "AbortError")) throw error;
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-20).join("\n");
}
