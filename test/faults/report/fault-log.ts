/** Every fault with its begin and end, as JSON lines, and counts by class. */
import { appendFileSync } from "node:fs";
import type { FaultClass, PlannedFault } from "../nemesis/fault.ts";

export type FaultLog = {
  /** Answers the function that notes the end. */
  begin(fault: PlannedFault, round: number): (outcome: "done" | "missed" | "failed", result: unknown) => void;
  counts(): Readonly<Record<FaultClass, { done: number; missed: number }>>;
  variants(): Readonly<Record<string, number>>;
  done(): number;
};

export function openFaultLog(file: string): FaultLog {
  const counts: Record<FaultClass, { done: number; missed: number }> = {};
  const variants: Record<string, number> = {};
  let n = 0;
  let done = 0;

  return {
    begin({ class: name, variant, target, parameters }, round) {
      n += 1;
      const entry = { n, round, class: name, variant, target, parameters };
      const startedAt = new Date();
      append({ at: startedAt.toISOString(), event: "begin", ...entry });
      return (outcome, result) => {
        const durationMs = Date.now() - startedAt.getTime();
        append({ at: new Date().toISOString(), event: "end", ...entry, durationMs, outcome, result: result ?? null });
        counts[name] ??= { done: 0, missed: 0 };
        if (outcome === "done") {
          counts[name].done += 1;
          variants[`${name} ${variant}`] = (variants[`${name} ${variant}`] ?? 0) + 1;
          done += 1;
        } else counts[name].missed += 1;
      };
    },
    counts: () => counts,
    variants: () => variants,
    done: () => done,
  };

  function append(entry: object): void {
    appendFileSync(file, `${JSON.stringify(entry)}\n`);
  }
}
