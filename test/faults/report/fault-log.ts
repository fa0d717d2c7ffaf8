/** Every fault with its begin and end, as JSON lines, and counts by class. */
import { appendFileSync } from "node:fs";
import type { FaultClass, PlannedFault } from "../nemesis/fault.ts";

export type EndedFault = Pick<PlannedFault, "class" | "variant" | "target" | "parameters"> & {
  readonly n: number;
  readonly round: number;
  readonly at: string;
  readonly durationMs: number;
  readonly outcome: "done" | "missed" | "failed";
  readonly result: unknown;
};

export type FaultLog = {
  /** Answers the function that notes the end. */
  begin(fault: PlannedFault, round: number): (outcome: "done" | "missed" | "failed", result: unknown) => void;
  counts(): Readonly<Record<FaultClass, { done: number; missed: number }>>;
  variants(): Readonly<Record<string, number>>;
  done(): number;
  /** Those that have ended, in that order. */
  ended(): readonly EndedFault[];
};

export function openFaultLog(file: string): FaultLog {
  const counts: Record<FaultClass, { done: number; missed: number }> = {};
  const variants: Record<string, number> = {};
  const ended: EndedFault[] = [];
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
        const fault = { at: startedAt.toISOString(), ...entry, durationMs, outcome, result: result ?? null };
        ended.push(fault);
        append({ ...fault, at: new Date().toISOString(), event: "end" });
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
    ended: () => ended,
  };

  function append(entry: object): void {
    appendFileSync(file, `${JSON.stringify(entry)}\n`);
  }
}
