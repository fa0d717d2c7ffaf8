/** What the operating system says of a process that may not be ours. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A living process: its command line and its parent. */
export type RunningProcess = { readonly pid: number; readonly parentPid: number; readonly command: string };

/** Reads `/proc` on Linux and asks `ps` elsewhere; undefined if there is no such process, or only its remains. */
export async function readProcess(pid: number): Promise<RunningProcess | undefined> {
  return process.platform === "linux" ? readFromProc(pid) : readFromPs(pid);
}

/** Tells whether the process lives and its command line contains `marker`, so that a re-used id is not mistaken for it. */
export async function isProcessOf(pid: number, marker: string): Promise<boolean> {
  const found = await readProcess(pid);
  return found?.command.includes(marker) ?? false;
}

/** Kills the process; one that has just ended by itself is no error. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function readFromProc(pid: number): Promise<RunningProcess | undefined> {
  try {
    const [status, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile(`/proc/${pid}/cmdline`, "utf8"),
    ]);
    // "12 (name, which may hold anything) S 1 …": state and parent follow the last bracket.
    const [state, parentPid] = status.slice(status.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    return { pid, parentPid: Number(parentPid), command: commandLine.replaceAll("\0", " ").trim() };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function readFromPs(pid: number): Promise<RunningProcess | undefined> {
  try {
    const { stdout } = await run("ps", ["-o", "ppid=,stat=,command=", "-p", String(pid)]);
    const [, parentPid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/m.exec(stdout) ?? [];
    if (command === undefined || state?.startsWith("Z")) return undefined;
    return { pid, parentPid: Number(parentPid), command };
  } catch (error) {
    // ps answers 1 when it knows no such process.
    if (error instanceof Error && "code" in error && error.code === 1) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");
}
