/** What the size of a batch brings: mixed orders with `BATCH_EVENTS_MAX` from 1 to 5,000, as a table and a curve. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fillLog } from "../load/fill-log.ts";
import { createPeople } from "../load/people.ts";
import type { BenchRun } from "../measure/bench-run.ts";
import { drawCurve } from "../measure/curve.ts";
import { deploy } from "../measure/deployment.ts";
import { drainBacklog } from "../measure/drain-backlog.ts";
import { formatNumber, toResult } from "../measure/result.ts";
import { resultsFolder } from "../measure/results-files.ts";
import { startStack } from "../measure/stack.ts";

const SEED = 5_003;
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
const QUICK_SIZES = [1, 10, 100, 1_000, 5_000];
const BATCHES = 400;
const RECORDS_MIN = 2_000;

export async function batchSize(run: BenchRun): Promise<void> {
  const stack = await startStack(run);
  const recordsMax = run.isQuick ? 40_000 : 400_000;
  const points: { x: number; y: number }[] = [];
  for (const size of run.isQuick ? QUICK_SIZES : SIZES) {
    const deployment = await deploy(run, stack, `batch_${size}`);
    const people = createPeople(SEED);
    const count = Math.min(Math.max(size * BATCHES, RECORDS_MIN), recordsMax);
    await fillLog({ deployment, count, next: () => people.next("mixed"), name: "mixed" });
    const { steadyPerSecond } = await drainBacklog(run, deployment, { env: { BATCH_EVENTS_MAX: String(size) } });
    await deployment.close();
    run.say(`at most ${size} a batch: ${formatNumber(steadyPerSecond)} observations/s`);
    run.report(toResult({ case: `at most ${formatNumber(size)}`, figure: steadyPerSecond, unit: "observations/s" }));
    points.push({ x: size, y: steadyPerSecond });
  }
  const folder = resultsFolder(run.isQuick);
  await mkdir(folder, { recursive: true });
  const labels = { title: "Mixed orders by batch size", x: "observations a batch at most", y: "observations a second" };
  await writeFile(join(folder, "batch-size.svg"), drawCurve(points, labels));
}
