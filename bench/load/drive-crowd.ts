/** Starts a crowd of clients and tells how it fares. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { BenchRun } from "../measure/bench-run.ts";
import { assertRunning, startChild } from "../measure/child.ts";
import type { CrowdFigures, CrowdLoad } from "./crowd-load.ts";

export type Crowd = {
  /** As of a quarter of a second ago. */
  figures(): CrowdFigures;
  stop(): Promise<void>;
};

const COME_LIMIT_MS = 60_000;
const POLL_MS = 100;

/** Resolves when every client has come. */
export async function driveCrowd(run: BenchRun, name: string, load: CrowdLoad): Promise<Crowd> {
  // An argument of a process has a limit that the body of a batch is above.
  const file = join(run.folder, `${name}.json`);
  await writeFile(file, JSON.stringify(load));
  let figures: CrowdFigures = { isComplete: false, open: 0, opened: 0, statuses: {} };
  const driver = startChild(run, {
    name,
    script: fileURLToPath(new URL("./crowd-driver.ts", import.meta.url)),
    args: [file],
    onLine(line) {
      figures = JSON.parse(line) as CrowdFigures;
    },
  });
  const deadlineMs = performance.now() + COME_LIMIT_MS;
  while (!figures.isComplete) {
    await assertRunning(driver);
    if (performance.now() > deadlineMs)
      throw new Error(`${name}: ${JSON.stringify(figures)} after ${COME_LIMIT_MS} ms`);
    await delay(POLL_MS);
  }
  return { figures: () => figures, stop: () => driver.stop() };
}
