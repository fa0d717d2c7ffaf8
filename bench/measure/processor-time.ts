/**
 * Processor time of processes while a case runs. It says what a record costs whatever else the machine is doing, so it
 * can be compared between runs that were not alone.
 */
import { childrenOf, readProc } from "./proc.ts";

/** Linux counts in hundredths of a second for programs. */
const TICKS_PER_SECOND = 100;

export type ProcessorClock = { seconds(): Map<string, number> };

/** Starts counting. A server's children count with it, those that have ended included. */
export function startProcessorClock(pids: Readonly<Record<string, number>>): ProcessorClock {
  const before = readAll(pids);
  return {
    seconds() {
      return new Map([...readAll(pids)].map(([name, now]) => [name, now - (before.get(name) ?? 0)]));
    },
  };
}

function readAll(pids: Readonly<Record<string, number>>): Map<string, number> {
  const all = Object.entries(pids).map(([name, pid]) => {
    const living = childrenOf(pid).reduce((sum, child) => sum + ticks(child, OWN), 0);
    return [name, (ticks(pid, OWN_AND_ENDED) + living) / TICKS_PER_SECOND] as const;
  });
  return new Map(all);
}

// Fields of /proc/PID/stat after the name: user and system time, then those of children that have ended.
const OWN = [11, 12];
const OWN_AND_ENDED = [11, 12, 13, 14];

function ticks(pid: number, fields: readonly number[]): number {
  const stat = readProc(pid, "stat");
  if (stat === undefined) return 0;
  const values = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.reduce((sum, field) => sum + Number(values[field] ?? 0), 0);
}
