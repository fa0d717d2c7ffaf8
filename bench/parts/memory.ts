/** The resident memory of each service under full load: the highest of the other parts' figures. */
import type { BenchRun } from "../measure/bench-run.ts";
import { MEMORY_UNIT, SERVICE_MEMORY_MB_MAX } from "../measure/report-memory.ts";
import { toResult } from "../measure/result.ts";
import { readResults } from "../measure/results-files.ts";

export async function memory(run: BenchRun): Promise<void> {
  const rows = (await readResults(run.isQuick)).flatMap(({ results }) => results);
  for (const service of ["ingress", "query", "reconciler"]) {
    const highest = rows
      .filter((row) => row.part !== "memory" && row.unit === MEMORY_UNIT && row.case.endsWith(`: ${service}`))
      .sort((a, b) => b.figure - a.figure)[0];
    if (highest === undefined) {
      run.say(`${service}: no figure yet; run the parts drain, identify, http first`);
      continue;
    }
    const place = `${service}, in ${highest.part} (${highest.case.slice(0, highest.case.lastIndexOf(":"))})`;
    const target = { atMost: SERVICE_MEMORY_MB_MAX };
    run.report(toResult({ case: place, figure: highest.figure, unit: MEMORY_UNIT, target }));
  }
}
