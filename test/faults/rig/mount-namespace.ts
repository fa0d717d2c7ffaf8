/**
 * A mount namespace of the rig's own: what is mounted in it goes with the last process in it, however the rig ends. The
 * program replaces itself by one that runs in such a namespace, where the machine lets it.
 */
import { spawnSync } from "node:child_process";

const MARK = "KITH_FAULTS_MOUNTS";

/** True if the process is in one. If it can be, this does not return before the other has ended. */
export function enterMountNamespace(): boolean {
  if (process.env[MARK] === "1") return true;
  const unshare = ["--mount", "--propagation", "private"];
  if (spawnSync("unshare", [...unshare, "mount", "-t", "tmpfs", "none", "/mnt"]).status !== 0) return false;
  return replaceProcess("unshare", [...unshare, process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
}

function replaceProcess(program: string, args: readonly string[]): never {
  process.env[MARK] = "1";
  process.execve!(findProgram(program), [program, ...args], process.env);
  throw new Error("execve came back");
}

function findProgram(name: string): string {
  return spawnSync("/bin/sh", ["-c", 'command -v "$1"', "sh", name], { encoding: "utf8" }).stdout.trim();
}
