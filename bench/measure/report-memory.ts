/** Memory figures → results: the services have a target, the servers and load generators are shown beside them. */
import type { BenchRun } from "./bench-run.ts";
import type { MemoryFigures } from "./memory.ts";
import { toResult } from "./result.ts";

export const MEMORY_UNIT = "MB resident";
export const SERVICE_MEMORY_MB_MAX = 256;
const SERVICES = new Set(["ingress", "query", "reconciler"]);

export function reportMemory(run: BenchRun, caseName: string, figures: ReadonlyMap<string, MemoryFigures>): void {
  for (const [name, { peakMb }] of figures) {
    if (peakMb === 0) continue;
    const target = SERVICES.has(name) ? { target: { atMost: SERVICE_MEMORY_MB_MAX } } : {};
    run.report(toResult({ case: `${caseName}: ${name}`, figure: peakMb, unit: MEMORY_UNIT, ...target }));
  }
}
