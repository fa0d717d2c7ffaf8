/**
 * Keeps a second Postgres away from data that one runs on already, which would destroy them. The caller has ended the
 * server that it started itself; one that is still there was started by somebody else, and is theirs to end.
 */
import { readFile, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readProcess } from "./running-process.ts";

// A server whose parent was killed before it wrote down its process id is ended by its guard within this time.
const PATIENCE_MS = 5_000;
const POLL_MS = 100;

/** Returns when no living server holds the data folder, and throws if one does; a re-used process id is no server. */
export async function refuseForeignServer(data: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const pid = await readServerPid(data);
    if (pid === undefined || !(await worksIn(data, pid))) return;
    if (Date.now() > deadline) {
      throw new Error(
        `Another Postgres (process ${pid}) runs on ${data}. It was not started from here and is left alone: end it and start again.`,
      );
    }
    await delay(POLL_MS);
  }
}

/** The first line of the server's own lock file. */
async function readServerPid(data: string): Promise<number | undefined> {
  const text = await unlessGone(readFile(join(data, "postmaster.pid"), "utf8"));
  const pid = Number.parseInt(text ?? "", 10);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

/** Postgres names the folder when it is started, and works in it. */
async function worksIn(data: string, pid: number): Promise<boolean> {
  const found = await readProcess(pid);
  if (found === undefined) return false;
  if (found.command.includes(`-D ${data}`)) return true;
  const workingFolder = await unlessGone(readlink(`/proc/${pid}/cwd`));
  return workingFolder !== undefined && workingFolder === (await unlessGone(realpath(data)));
}

/** Undefined for what is not there, or not ours to look at. */
async function unlessGone(reading: Promise<string>): Promise<string | undefined> {
  try {
    return await reading;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return undefined;
    throw error;
  }
}
