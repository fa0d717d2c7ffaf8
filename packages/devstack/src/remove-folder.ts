/** Removes a folder that a process which is just ending may still be writing to. */
import { rm } from "node:fs/promises";

/** Does nothing if it is not there. Patient for about ten seconds: after a kill -9, guards are still at work. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
