/** Processor time → results, for each process and all together. */
import type { BenchRun } from "./bench-run.ts";
import { toResult } from "./result.ts";

/** `count`: records or requests the time was spent on. */
export function reportProcessorTime(
  run: BenchRun,
  caseName: string,
  seconds: ReadonlyMap<string, number>,
  count: number,
): void {
  let sum = 0;
  for (const [name, value] of seconds) {
    const microseconds = (value * 1e6) / Math.max(1, count);
    sum += microseconds;
    run.report(toResult({ case: `${caseName}, processor time of ${name}`, figure: microseconds, unit: "µs each" }));
  }
  run.report(toResult({ case: `${caseName}, processor time in all`, figure: sum, unit: "µs each" }));
}
