/** Runs the load generator and reads its figures. */
import { fileURLToPath } from "node:url";
import type { BenchRun } from "../measure/bench-run.ts";
import { startChild } from "../measure/child.ts";
import type { HttpFigures, HttpLoad } from "./http-load.ts";

export async function driveHttp(run: BenchRun, load: HttpLoad): Promise<HttpFigures> {
  let figures: HttpFigures | undefined;
  const driver = startChild(run, {
    name: "http-driver",
    script: fileURLToPath(new URL("./http-driver.ts", import.meta.url)),
    args: [JSON.stringify(load)],
    onLine(line) {
      figures = JSON.parse(line) as HttpFigures;
    },
  });
  await driver.exited;
  await driver.stop();
  if (figures === undefined) throw new Error(`the load generator ended without figures:\n${await driver.logEnd()}`);
  return figures;
}

/** One line for the console. */
export function describeFigures({ requestsPerSecond, p50Ms, p99Ms, statuses, cpuShare }: HttpFigures): string {
  const answers = Object.entries(statuses).map(([status, count]) => `${status}: ${count}`);
  return (
    `${Math.round(requestsPerSecond)}/s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ` +
    `${answers.join(", ")}; the load generator takes ${Math.round(cpuShare * 100)} % of a core`
  );
}
