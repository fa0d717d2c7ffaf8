/** Waits until a process answers. */
import { setTimeout as delay } from "node:timers/promises";
import { assertRunning, type Child } from "./child.ts";

const POLL_MS = 20;

/** Resolves at the first 2xx; fails when the process is gone or the time is over. */
export async function awaitUrl(child: Child, url: string, limitMs: number): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (!(await answers(url))) {
    await assertRunning(child);
    if (performance.now() > deadlineMs) {
      throw new Error(`${child.name} did not answer within ${limitMs / 1_000} s:\n${await child.logEnd()}`);
    }
    await delay(POLL_MS);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch (error) {
    // Refused, reset or late: it does not listen yet.
    if (error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}
