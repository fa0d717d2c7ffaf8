/**
 * `pnpm faults [--seed N] [--minutes M] [--class F3,…]`: the whole system under load and faults, compared with the oracle
 * after each round. Exit code 0: nothing was lost and nothing doubled; 1: something was; 2: the rig itself could not go
 * on. However it ends, it leaves no process.
 */
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { kithFolder, removeReachableFolder, repositoryRoot, watchParents } from "@kith/devstack";

import { runCampaign } from "./campaign.ts";
import { createDeck } from "./nemesis/deck.ts";
import { type Report, timesOf, toTable } from "./report/report.ts";
import { enterMountNamespace } from "./rig/mount-namespace.ts";
import { readSettings, type Settings, USAGE, UsageError } from "./settings.ts";

const EXIT_VIOLATION = 1;
const EXIT_RIG_FAILED = 2;
const EXIT_USAGE = 64;
const EXIT_INTERRUPTED = 130;
const startedAtMs = Date.now();

const hasMounts = enterMountNamespace();
const settings = read();
if (settings.plan > 0) {
  printPlan(settings);
  process.exit(0);
}
const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interruption.abort());
await watchParents(() => interruption.abort());

await mkdir(kithFolder, { recursive: true });
await removeLeftovers();
const dataFolder = join(kithFolder, `faults-${process.pid}`);
const stamp = new Date(startedAtMs).toISOString().replaceAll(/[-:]|\..*/g, "");
const reportFolder = join(kithFolder, "faults", `${stamp}-seed-${settings.seed}`);
await mkdir(dataFolder, { recursive: true });
await mkdir(reportFolder, { recursive: true });
say(
  `seed ${settings.seed}, ${settings.minutes} minutes, classes ${settings.classes.join(" ")}, report in ${reportFolder}`,
);

const result = await runCampaign({ settings, dataFolder, reportFolder, say, interrupted: interruption.signal });
const report: Report = {
  seed: settings.seed,
  commit: commit(),
  machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}`,
  startedAt: new Date(startedAtMs).toISOString(),
  elapsedSeconds: (Date.now() - startedAtMs) / 1_000,
  settings,
  events: result.events,
  orders: result.orders,
  statuses: result.statuses,
  faults: result.log.done(),
  byClass: result.log.counts(),
  byVariant: result.log.variants(),
  times: timesOf(result.rounds),
  notPossible: settings.notPossible,
  rounds: result.rounds,
  operator: result.operator,
  failure: describeFailure(),
};
await writeFile(join(reportFolder, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
process.stdout.write(toTable(report));
if (result.error !== undefined) console.error(result.error);
if (report.failure !== undefined) {
  printFailedRound();
  await keepServerLogs();
} else if (!settings.keep) await removeLogs();
await removeData(dataFolder);
say(`the report is ${join(reportFolder, "report.json")}, the faults are in faults.jsonl beside it`);
process.exit(exitCode());

function exitCode(): number {
  if (interruption.signal.aborted) return EXIT_INTERRUPTED;
  if (report.failure === undefined) return 0;
  const isWrong = failedStep() !== undefined || result.rounds.some((round) => round.violations.length > 0);
  return isWrong ? EXIT_VIOLATION : EXIT_RIG_FAILED;
}

function read(): Settings {
  try {
    const settings = readSettings(process.argv.slice(2), hasMounts);
    if (settings !== "help") return settings;
    process.stdout.write(USAGE);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n${USAGE}`);
    process.exit(EXIT_USAGE);
  }
}

function printPlan({ seed, classes, plan }: Settings): void {
  const deck = createDeck(seed, classes);
  for (let n = 1; n <= plan; n++) {
    const { class: name, variant, target, parameters } = deck.next();
    console.log(JSON.stringify({ n, class: name, variant, target, parameters }));
  }
}

function describeFailure(): string | undefined {
  const violation = result.rounds.flatMap((round) => round.violations)[0];
  if (violation !== undefined) return violation;
  const step = failedStep();
  if (step !== undefined) return `${step.command} ended with ${step.exitCode}:\n${step.lastLines.join("\n")}`;
  if (result.error !== undefined) return `the rig could not go on: ${String(result.error)}`;
  return result.rounds.length === 0 && !interruption.signal.aborted ? "no round was finished" : undefined;
}

function failedStep() {
  return interruption.signal.aborted ? undefined : result.operator.find(({ exitCode }) => exitCode !== 0);
}

/** Where only what was printed is left of a run, these are the faults that led to it. */
function printFailedRound(): void {
  const last = result.log.ended().at(-1)?.round;
  console.log("the faults of the last round:");
  for (const fault of result.log.ended().filter(({ round }) => round === last)) console.log(JSON.stringify(fault));
}

/** "unknown" where the source came without its history. */
function commit(): string {
  const { stdout } = spawnSync("git", ["describe", "--always", "--dirty", "--abbrev=12"], {
    cwd: repositoryRoot,
    encoding: "utf8",
  });
  return stdout?.trim() || "unknown";
}

function say(line: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)}  ${line}\n`);
}

async function keepServerLogs(): Promise<void> {
  for (const name of await readdir(dataFolder))
    if (name.endsWith(".log")) await copyFile(join(dataFolder, name), join(reportFolder, name));
}

/** The services' output and the ledgers: much, and of interest only if something was wrong. */
async function removeLogs(): Promise<void> {
  for (const name of await readdir(reportFolder))
    if (name.startsWith("faults-")) await rm(join(reportFolder, name), { recursive: true, force: true });
}

async function removeData(folder: string): Promise<void> {
  await removeReachableFolder(join(folder, "postgres"));
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

/** What a run left that was killed. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(kithFolder)) {
    const pid = Number(/^faults-(\d+)$/.exec(name)?.[1]);
    if (!Number.isNaN(pid) && !isRunning(pid)) await removeData(join(kithFolder, name));
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    return true;
  }
}
