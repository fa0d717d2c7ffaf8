/** Processor time → results, for each process and all together, and the rate that it allows. */
import { availableParallelism } from "node:os";
import type { BenchRun } from "./bench-run.ts";
import { toResult } from "./result.ts";

/** `count`: records or requests the time was spent on. Answers the microseconds that all processes took for one. */
export function reportProcessorTime(
  run: BenchRun,
  caseName: string,
  seconds: ReadonlyMap<string, number>,
  count: number,
): number {
  let sum = 0;
  for (const [name, value] of seconds) {
    const microseconds = (value * 1e6) / Math.max(1, count);
    sum += microseconds;
    run.report(toResult({ case: `${caseName}, processor time of ${name}`, figure: microseconds, unit: "µs each" }));
  }
  run.report(toResult({ case: `${caseName}, processor time in all`, figure: sum, unit: "µs each" }));
  return sum;
}

/** What the machine could do at this cost of one with none of its cores ever idle: more than that takes a lower cost. */
export function reportBusiest(run: BenchRun, caseName: string, microsecondsEach: number, unit: string): void {
  const figure = (availableParallelism() * 1e6) / microsecondsEach;
  run.report(toResult({ case: `${caseName}, with every core busy`, figure, unit }));
}
