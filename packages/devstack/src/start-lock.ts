/** One `pnpm start` per clone at a time: a file that names the process which holds it. */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isProcessOf } from "./running-process.ts";
import { StartError } from "./start-settings.ts";

/** A held lock. */
export type StartLock = {
  /** An earlier run held the lock and did not end cleanly: its servers and services may still be stopping. */
  readonly isAfterCrash: boolean;
  release(): Promise<void>;
};

const TRIES = 5;

/** Takes the lock or throws a StartError that names its holder, a process whose command line contains `marker`. */
export async function takeStartLock(file: string, marker: string): Promise<StartLock> {
  const own = `${file}.${randomBytes(6).toString("hex")}`;
  await writeFile(own, String(process.pid), { mode: 0o600 });
  try {
    let isAfterCrash = false;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      // A link appears with its content or not at all, and fails if the name is taken.
      if (await linked(own, file)) return { isAfterCrash, release: () => rm(file, { force: true }) };
      isAfterCrash = (await removeIfStale(file, marker)) || isAfterCrash;
    }
    throw new StartError(`Cannot take ${file}: other starts in this clone keep getting in first. Start again.`);
  } finally {
    await rm(own, { force: true });
  }
}

async function removeIfStale(file: string, marker: string): Promise<boolean> {
  const holder = await readHolder(file);
  if (holder === undefined) return false;
  if (holder !== process.pid && (await isProcessOf(holder, marker))) {
    throw new StartError(
      `Kith is already running here (process ${holder}); ${join(dirname(file), "stack.json")} has its addresses. ` +
        "Stop it with Ctrl-C where it runs, or start from another clone.",
    );
  }
  // Another start may replace the stale file between our reading and our removing it: look at what we took away.
  const taken = `${file}.stale-${randomBytes(6).toString("hex")}`;
  if (!(await renamed(file, taken))) return false;
  const isStale = (await readHolder(taken)) === holder;
  if (!isStale) await linked(taken, file);
  await rm(taken, { force: true });
  return isStale;
}

async function readHolder(file: string): Promise<number | undefined> {
  const text = await readFile(file, "utf8").catch(undefinedOn("ENOENT"));
  return text === undefined ? undefined : Number(text);
}

async function linked(existing: string, name: string): Promise<boolean> {
  const done = link(existing, name).then(() => true);
  return (await done.catch(undefinedOn("EEXIST"))) ?? false;
}

async function renamed(from: string, to: string): Promise<boolean> {
  const done = rename(from, to).then(() => true);
  return (await done.catch(undefinedOn("ENOENT"))) ?? false;
}

function undefinedOn(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
    return undefined;
  };
}
