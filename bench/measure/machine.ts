/** The machine the figures are from: without it they say nothing. */
import { execFileSync } from "node:child_process";
import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";

/** One line. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const memoryGb = Math.round(totalmem() / 1024 ** 3);
  return `${availableParallelism()} × ${model}, ${memoryGb} GB, ${type()} ${release()} ${arch()}, Node ${process.version}`;
}

/** The commit that was measured, with a plus where files had been changed since. */
export function describeCommit(): string {
  try {
    const commit = git("rev-parse", "--short", "HEAD");
    return git("status", "--porcelain", "--untracked-files=no") === "" ? commit : `${commit}+`;
  } catch (error) {
    // A copy of the sources without git, or a machine without it.
    if (error instanceof Error && ("status" in error || "code" in error)) return "unknown";
    throw error;
  }
}

function git(...args: string[]): string {
  const stdio = ["ignore" as const, "pipe" as const, "ignore" as const];
  return execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8", stdio }).trim();
}
