/** What every part of the bench is given. */
import type { Closers } from "./closers.ts";
import type { Result } from "./result.ts";

export type BenchRun = {
  readonly part: string;
  /** A hundredth of the work: shows that everything runs, its figures are not for comparing. */
  readonly isQuick: boolean;
  /** Services write a CPU profile into the results when they end, and Postgres counts its statements. */
  readonly isProfiled: boolean;
  /** False for a case that `--case` leaves out. */
  readonly wants: (caseName: string) => boolean;
  /** A folder for this part alone; it is removed at the end. */
  readonly folder: string;
  readonly closers: Closers;
  readonly say: (line: string) => void;
  readonly report: (result: Omit<Result, "part">) => void;
};

/** A part of the bench. */
export type Part = (run: BenchRun) => Promise<void>;
