/** Resident memory of processes while a case runs. */
import { childrenOf, readProc } from "./proc.ts";

export type MemoryFigures = {
  /** The highest resident set of the process's life. */
  readonly peakMb: number;
  /** Resident sets that were seen, in the order of time. */
  readonly seriesMb: readonly number[];
};

export type MemorySampler = { stop(): Map<string, MemoryFigures> };

const EVERY_MS = 250;

/** Starts looking at processes by name. One that ends keeps the figures it had. */
export function sampleMemory(pids: Readonly<Record<string, number>>): MemorySampler {
  const figures = new Map(Object.keys(pids).map((name) => [name, { peakMb: 0, seriesMb: [] as number[] }]));

  function look(): void {
    for (const [name, pid] of Object.entries(pids)) {
      const held = figures.get(name)!;
      const now = name === "postgres" ? readTree(pid) : readProcess(pid);
      if (now === undefined) continue;
      held.seriesMb.push(now.residentMb);
      held.peakMb = Math.max(held.peakMb, now.peakMb);
    }
  }

  look();
  const timer = setInterval(look, EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      return figures;
    },
  };
}

type Resident = { residentMb: number; peakMb: number };

function readProcess(pid: number): Resident | undefined {
  const status = readProc(pid, "status");
  if (status === undefined) return undefined;
  return { residentMb: megabytes(status, "VmRSS"), peakMb: megabytes(status, "VmHWM") };
}

/** A server of many processes that share memory: private pages of all, and the shared ones once. */
function readTree(pid: number): Resident | undefined {
  let privateMb = 0;
  let sharedMb = 0;
  for (const member of [pid, ...childrenOf(pid)]) {
    const status = readProc(member, "status");
    if (status === undefined) continue;
    privateMb += megabytes(status, "RssAnon");
    sharedMb = Math.max(sharedMb, megabytes(status, "RssShmem"));
  }
  const sum = privateMb + sharedMb;
  return sum === 0 ? undefined : { residentMb: sum, peakMb: sum };
}

function megabytes(status: string, field: string): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  return Number(kilobytes ?? 0) / 1_024;
}
