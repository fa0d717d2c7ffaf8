/**
 * Runs a TypeScript program as a process of its own: a service, a load generator, a program that measures a limit. It
 * ends when its standard input does, so none outlives the bench, however the bench ends.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { compileCacheEnvironment } from "@kith/devstack";
import type { BenchRun } from "./bench-run.ts";

export type ChildOptions = {
  readonly name: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
};

export type Child = {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Undefined while it runs. */
  howItEnded(): string | undefined;
  readonly exited: Promise<void>;
  /** What it printed last, for the message that says why it is gone. */
  logEnd(): Promise<string>;
  stop(): Promise<void>;
};

const STOP_LIMIT_MS = 15_000;
const LOG_LINES_SHOWN = 15;
let children = 0;

export function startChild(run: BenchRun, options: ChildOptions): Child {
  const { name, script, args = [], nodeArgs = [], env = {}, onLine } = options;
  const logFile = `${run.folder}/${name}-${++children}.log`;
  const log = createWriteStream(logFile);
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    env: {
      PATH: process.env.PATH,
      NODE_NO_WARNINGS: "1",
      KITH_PARENT_PIPE: "1",
      ...compileCacheEnvironment,
      ...env,
    },
    stdio: ["pipe", "pipe", "pipe"],
    // Ctrl-C reaches the bench alone; it ends its children in order.
    detached: true,
  });
  child.stdin.on("error", () => {}); // It may be gone when its input is closed.
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  if (onLine !== undefined) createInterface({ input: child.stdout }).on("line", onLine);
  const exited = once(child, "close").then(() => {
    log.end();
  });
  const howItEnded = () => child.signalCode ?? (child.exitCode === null ? undefined : `exit code ${child.exitCode}`);

  const stop = run.closers.add(async () => {
    // Its input stays open: a service would take the end of it for a second request, and not close in order.
    if (howItEnded() === undefined) child.kill("SIGTERM");
    const patience = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
    await exited;
    clearTimeout(patience);
  });
  return {
    name,
    pid: child.pid!,
    logFile,
    howItEnded,
    exited,
    async logEnd() {
      return (await readFile(logFile, "utf8")).trimEnd().split("\n").slice(-LOG_LINES_SHOWN).join("\n");
    },
    stop,
  };
}

/** Fails with the last lines of its log if the process is gone. */
export async function assertRunning(child: Child): Promise<void> {
  const end = child.howItEnded();
  if (end !== undefined) throw new Error(`${child.name} ended by itself (${end}):\n${await child.logEnd()}`);
}
