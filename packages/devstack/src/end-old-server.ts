/**
 * Ends the server that an earlier run left. After a kill -9 the old guard may still be stopping its server, or guard
 * and parent are both gone and the server is an orphan: asking it to stop is right in both cases. The caller holds the
 * lock of the folder, so no living run can own the server.
 */
import { readFile, rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { isProcessOf, killIfThere } from "./running-process.ts";

const POLL_MS = 50;
const KILL_LIMIT_MS = 10_000;

/** How to know the old server and how to ask it to stop. */
export type OldServer = {
  readonly name: string;
  readonly pidFile: string;
  readonly marker: string;
  readonly stopSignal: "INT" | "TERM";
  readonly stopLimitSeconds: number;
};

/** Returns when no server of this process-id file runs any more. */
export async function endOldServer(old: OldServer): Promise<void> {
  const pid = await readPidFile(old.pidFile);
  if (pid === undefined) return;
  if (await isProcessOf(pid, old.marker)) {
    process.kill(pid, `SIG${old.stopSignal}`);
    if (!(await isGoneWithin(pid, old.marker, old.stopLimitSeconds * 1000))) {
      killIfThere(pid);
      if (!(await isGoneWithin(pid, old.marker, KILL_LIMIT_MS))) {
        throw new Error(`${old.name} of an earlier run (process ${pid}) does not end; end it and start again.`);
      }
    }
  }
  await rm(old.pidFile, { force: true });
}

async function isGoneWithin(pid: number, marker: string, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (await isProcessOf(pid, marker)) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

async function readPidFile(file: string): Promise<number | undefined> {
  try {
    const pid = Number(await readFile(file, "utf8"));
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
