/**
 * `pnpm bench [part …] [--quick] [--profile] [--case NAME]`: runs the parts one after another and writes their figures to
 * bench/results. However it ends, it leaves no process and no data behind.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kithFolder } from "@kith/devstack";
import { type Closers, createClosers } from "./measure/closers.ts";
import { isRunning } from "./measure/is-running.ts";
import { describeCommit, describeMachine } from "./measure/machine.ts";
import type { Result } from "./measure/result.ts";
import { resultsFolder, toTable, writeResults, writeSummary } from "./measure/results-files.ts";
import { parts } from "./parts/parts.ts";

const USAGE = `usage: pnpm bench [part …] [--quick] [--profile] [--case NAME]
parts: ${Object.keys(parts).join(" ")} (default: all)
--quick    a tenth of the work or less; the figures go to bench/results/quick
--profile  the services write CPU profiles to bench/results/profiles; drain and identify also tell which statements of
           Postgres took how long
--case     only this case of drain (mixed, all-new, merge-heavy), identify (c=1, c=64, …), http (locks, idle-batch,
           single, batch, 'batches at 20,500/s') or connections (idle, slow-senders, unread-answers); no files are written
`;
const EXIT_INTERRUPTED = 130;

const { values, positionals } = readArguments();
const names = positionals.length === 0 ? Object.keys(parts) : positionals;
const isQuick = values.quick;
const machine = describeMachine();
let closers: Closers = createClosers();
let isInterrupted = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void interrupt(signal));
await removeLeftovers();
say(machine);
let failures = 0;
for (const name of names) {
  if (!(await runPart(name))) failures += 1;
}
if (values.case === undefined) {
  await writeSummary(Object.keys(parts), isQuick);
  say(`results are in ${resultsFolder(isQuick)}`);
}
process.exit(failures === 0 ? 0 : 1);

function readArguments() {
  try {
    const read = parseArgs({
      args: process.argv.slice(2).filter((argument) => argument !== "--"),
      options: {
        quick: { type: "boolean", default: false },
        profile: { type: "boolean", default: false },
        case: { type: "string" },
        help: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
    const unknown = read.positionals.filter((name) => !(name in parts));
    if (unknown.length > 0) exitWithUsage(`there is no part ${unknown.join(", ")}\n`);
    if (read.values.help) exitWithUsage("");
    return read;
  } catch (error) {
    if (error instanceof TypeError) exitWithUsage(`${error.message}\n`);
    throw error;
  }
}

function exitWithUsage(problem: string): never {
  (problem === "" ? process.stdout : process.stderr).write(problem + USAGE);
  process.exit(problem === "" ? 0 : 64);
}

async function runPart(name: string): Promise<boolean> {
  closers = createClosers();
  const folder = join(kithFolder, `bench-${process.pid}-${name}`);
  await mkdir(folder, { recursive: true });
  // The first that is added is the last that is closed.
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const results: Result[] = [];
  say(`part ${name}`);
  let hasFailed = false;
  try {
    await parts[name]!({
      part: name,
      isQuick,
      isProfiled: values.profile,
      wants: (caseName) => values.case === undefined || values.case === caseName,
      folder,
      closers,
      say: (line) => say(`  ${line}`),
      report: (result) => results.push({ part: name, ...result }),
    });
  } catch (error) {
    // An interrupted part fails in whatever it was waiting for: that is no news.
    if (isInterrupted) await new Promise(() => {});
    hasFailed = true;
    console.error(error);
  }
  await closers.closeAll();
  if (!hasFailed && values.case === undefined) {
    await writeResults(name, results, { isQuick, machine, commit: describeCommit(), now: new Date() });
  }
  if (results.length > 0) process.stdout.write(`\n${toTable(results)}\n`);
  return !hasFailed;
}

async function interrupt(signal: string): Promise<void> {
  if (isInterrupted) return;
  isInterrupted = true;
  say(`stopping (${signal}) …`);
  try {
    await closers.closeAll();
  } catch (error) {
    console.error(error);
  }
  process.exit(EXIT_INTERRUPTED);
}

/** Data of a bench that was killed. Its processes have ended by themselves. */
async function removeLeftovers(): Promise<void> {
  await mkdir(kithFolder, { recursive: true });
  for (const entry of await readdir(kithFolder)) {
    const pid = Number(/^bench-(\d+)-/.exec(entry)?.[1]);
    if (Number.isNaN(pid) || isRunning(pid)) continue;
    await rm(join(kithFolder, entry), { recursive: true, force: true });
  }
}

function say(line: string): void {
  process.stdout.write(`bench  ${line}\n`);
}
