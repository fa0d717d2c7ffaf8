/**
 * Folders that exist whole or not at all: built beside their place and renamed when complete, so that an interrupted
 * run leaves nothing that the next one could take for finished.
 */
import { readdir, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { statusOf } from "./file-status.ts";
import { removeFolder } from "./remove-folder.ts";
import { readProcess } from "./running-process.ts";

/** Builds `target` unless it is there. Of two runs that build it at once, the first to finish wins. */
export async function makeWhole(target: string, build: (unfinished: string) => Promise<void>): Promise<void> {
  if ((await statusOf(target)) !== undefined) return;
  await removeUnfinished(target);
  const unfinished = `${target}.unfinished-${process.pid}`;
  await build(unfinished);
  try {
    await rename(unfinished, target);
  } catch (error) {
    await removeFolder(unfinished);
    if ((await statusOf(target)) === undefined) throw error;
  }
}

/** Removes what runs that are gone, or an earlier attempt of this one, left half-built. */
async function removeUnfinished(target: string): Promise<void> {
  const prefix = `${basename(target)}.unfinished-`;
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(name.slice(prefix.length));
    if (pid === process.pid || (await readProcess(pid)) === undefined) {
      await removeFolder(join(dirname(target), name));
    }
  }
}
