/** What `/proc` tells of a process and its children. On systems without it everything is unknown. */
import { readdirSync, readFileSync } from "node:fs";

/** The text of `/proc/PID/FILE`; undefined once the process is gone. */
export function readProc(pid: number, file: string): string | undefined {
  return ifThere(() => readFileSync(`/proc/${pid}/${file}`, "utf8"));
}

/** Processes this one has started and that live. */
export function childrenOf(pid: number): number[] {
  const tasks = ifThere(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return tasks
    .flatMap((task) => (readProc(pid, `task/${task}/children`) ?? "").trim().split(" "))
    .map(Number)
    .filter((child) => child > 0);
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) {
      return undefined;
    }
    throw error;
  }
}
