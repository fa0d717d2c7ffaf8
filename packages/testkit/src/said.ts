/**
 * What a run of tests made Kith say, kept in files for the project that runs last: `canary` looks there for what was
 * sent. Outside of such a run nothing is kept.
 */
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What is kept: log lines, `/metrics` texts, problem documents, what lies beside dead letters, and phones that were sent. */
export type SaidKind = "log" | "metrics" | "problem" | "dead-letter" | "sent-phone";

/** The variable that names the run's folder in the processes of its tests. */
export const SAID_FOLDER = "KITH_TEST_SAID";

/** Keeps text. `speaker` is whoever may have said only half a line so far; the lines of two are not mixed. */
export function keepSaid(kind: SaidKind, text: string | Buffer, speaker = "test"): void {
  const folder = process.env[SAID_FOLDER];
  if (folder !== undefined) appendFileSync(join(folder, `${kind}.${speaker}-${process.pid}`), text);
}

/** The destination of a logger whose lines are kept: `createLogger({ service, level, destination: keptLog })`. */
export const keptLog = { write: (line: string) => keepSaid("log", line) };

/** All that the run has kept of a kind, line by line. */
export function* saidLines(folder: string, kind: SaidKind): Generator<string> {
  for (const name of readdirSync(folder).filter((one) => one.startsWith(`${kind}.`))) {
    for (const line of readFileSync(join(folder, name), "utf8").split("\n")) if (line !== "") yield line;
  }
}
