/** Whether something lies at a path. */
import type { Stats } from "node:fs";
import { lstat, stat } from "node:fs/promises";

/** The status of what the path leads to, or undefined if there is nothing. */
export function statusOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(nothingThere);
}

/** The status of the path itself: of a link, not of what it leads to. */
export function linkStatusOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(nothingThere);
}

function nothingThere(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
