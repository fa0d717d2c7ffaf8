/**
 * A campaign: rounds until the time is up or there were faults enough, each in the deployment of the last one or in a
 * fresh one, until something is wrong.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { classifyFailure } from "@kith/database";
import { seededRandom } from "@kith/testkit";
import { rowsOf } from "@kith/testkit/system";
import { openAside } from "./aside.ts";
import { readProgress } from "./check/await-rest.ts";
import { lookOver, type OperatorStep } from "./check/look-over.ts";
import { type Epoch, openEpoch } from "./epoch.ts";
import { createDeck } from "./nemesis/deck.ts";
import { type Arena, createDice } from "./nemesis/fault.ts";
import { type FaultLog, openFaultLog } from "./report/fault-log.ts";
import { type RoundReport, seconds } from "./report/report.ts";
import { type Deployment, deploy, LABELS } from "./rig/deployment.ts";
import { PATIENCE_MS } from "./rig/patience.ts";
import { type Servers, startServers } from "./rig/servers.ts";
import { runRound } from "./round.ts";
import type { Settings } from "./settings.ts";

export type CampaignOptions = {
  readonly settings: Settings;
  /** Of the servers; goes with the campaign. */
  readonly dataFolder: string;
  /** Of the fault log, the ledger and what the services print; stays. */
  readonly reportFolder: string;
  readonly say: (line: string) => void;
  readonly interrupted: AbortSignal;
};

export type CampaignResult = {
  readonly rounds: readonly RoundReport[];
  readonly log: FaultLog;
  readonly events: number;
  readonly orders: { sent: number; acknowledged: number; unknown: number };
  readonly statuses: Readonly<Record<string, number>>;
  /** What an operator does with the last deployment, once it has been compared. */
  readonly operator: readonly OperatorStep[];
  /** The rig itself could not go on. */
  readonly error: unknown;
};

const FAULTS_A_ROUND = [14, 22] as const;
/** `--faults` counts from so many classes on. */
const CLASSES_ENOUGH = 20;
/** A fresh deployment when the old one has so much to compare. */
const IDENTIFIERS_MAX = 150_000;
const EPOCH_ROUNDS_MAX = 8;
const PROGRESS_MS = 5_000;
const SQL_AGAIN_MS = 100;

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { settings, dataFolder, reportFolder, say, interrupted } = options;
  const log = openFaultLog(join(reportFolder, "faults.jsonl"));
  const deck = createDeck(settings.seed, settings.classes);
  const dice = createDice(seededRandom(settings.seed + 7));
  const rounds: RoundReport[] = [];
  const orders = { sent: 0, acknowledged: 0, unknown: 0 };
  const statuses: Record<string, number> = {};
  const violations: string[] = [];
  const startedAtMs = performance.now();
  /** From the first round on: how long the servers take to start is no matter of the campaign's. */
  let deadlineMs = Number.POSITIVE_INFINITY;
  let servers: Servers | undefined;
  let epoch: Epoch | undefined;
  let epochs = 0;
  let asides = 0;
  let roundsOfEpoch = 0;
  let eventsBefore = 0;
  let hasRestored = false;
  let operator: OperatorStep[] = [];
  let error: unknown;

  async function openNext(running: Servers): Promise<Epoch> {
    epochs += 1;
    roundsOfEpoch = 0;
    hasRestored = false;
    const name = `faults-${epochs}`;
    const folder = join(reportFolder, name);
    await mkdir(folder, { recursive: true });
    return openEpoch({
      name,
      number: epochs,
      seed: settings.seed,
      rate: settings.rate,
      servers: running,
      folder,
      onOwnEnd: ({ label }, code) => say(`${label} ended by itself (${code}) and is started again`),
      onFault: (what) => void violations.push(what),
    });
  }

  async function closeEpoch(closing: Epoch): Promise<void> {
    const counts = closing.ledger.counts();
    for (const key of ["sent", "acknowledged", "unknown"] as const) orders[key] += counts[key];
    for (const [status, count] of Object.entries(closing.http.statuses()))
      statuses[status] = (statuses[status] ?? 0) + count;
    eventsBefore += closing.watch.input.records();
    epoch = undefined;
    await closing.close();
  }

  function arenaOf(running: Servers, { deployment, direct }: Epoch): Arena {
    return {
      servers: running,
      deployment,
      direct,
      folder: dataFolder,
      sleep: (ms) => sleepUnless(interrupted, ms),
      sql: (text, parameters) => sqlWhenUp(deployment, text, parameters, interrupted),
      async deployAside(name) {
        const folder = join(reportFolder, name);
        await mkdir(folder, { recursive: true });
        return deploy({ name, servers: running, folder, onOwnEnd: () => {}, running: ["reconciler-1"] });
      },
      async openAside(folders) {
        const name = `faults-${epochs}-disk-${++asides}`;
        const folder = join(dataFolder, name);
        await mkdir(folder, { recursive: true });
        return openAside({ name, dataFolder: folder, reportFolder: join(reportFolder, name), ...folders });
      },
      noteRestore() {
        hasRestored = true;
      },
      report: (violation) => void violations.push(violation),
    };
  }

  /** The time is up, or there were as many faults as were asked for. */
  function isOver(): boolean {
    return performance.now() > deadlineMs || interrupted.aborted || hasEnough(log, settings);
  }

  const progress = setInterval(() => void sayProgress(), PROGRESS_MS);
  async function sayProgress(): Promise<void> {
    if (epoch === undefined) return;
    const current = epoch;
    const lag = (await readProgress(current.deployment))?.lag ?? "?";
    const events = eventsBefore + current.watch.input.records();
    const classes = Object.entries(log.counts()).map(([name, { done }]) => `${name}×${done}`);
    say(
      `${Math.round((performance.now() - startedAtMs) / 1_000)} s  round ${rounds.length + 1}  ${events} events  ` +
        `lag ${lag}  ${log.done()} faults  ${classes.join(" ")}`,
    );
  }

  try {
    servers = await startServers({ folder: dataFolder, brokers: settings.brokers, labels: LABELS });
    while (!isOver()) {
      epoch ??= await openNext(servers);
      if (rounds.length === 0) deadlineMs = performance.now() + settings.minutes * 60_000;
      const running = runRound({
        number: rounds.length + 1,
        epoch,
        servers,
        arena: arenaOf(servers, epoch),
        deck,
        dice,
        log,
        faults: dice.between(...FAULTS_A_ROUND),
        isOver,
        takeViolations: () => violations.splice(0),
        mayHaveGhosts: () => hasRestored,
        judgeTimes: settings.judgeTimes,
      });
      const report = await unlessInterrupted(interrupted, running);
      rounds.push(report);
      roundsOfEpoch += 1;
      say(describeRound(report));
      if (report.violations.length > 0) break;
      const isFull = epoch.watch.oracle.counts().identifiers > IDENTIFIERS_MAX || roundsOfEpoch >= EPOCH_ROUNDS_MAX;
      if ((isFull || hasRestored) && !isOver()) await closeEpoch(epoch);
    }
    const isEqual = rounds.length > 0 && rounds.every((round) => round.violations.length === 0);
    if (epoch !== undefined && isEqual) operator = await lookOver(epoch.deployment, servers, interrupted);
  } catch (caught) {
    if (!interrupted.aborted) error = caught;
  } finally {
    clearInterval(progress);
  }
  try {
    if (epoch !== undefined) await closeEpoch(epoch);
  } catch (caught) {
    // What cannot be closed in order goes with the servers.
    error ??= interrupted.aborted ? undefined : caught;
  }
  await servers?.remove();
  return { rounds, log, events: eventsBefore, orders, statuses, operator, error };
}

/** As many faults as were asked for, in most of the classes; false if no number was. */
function hasEnough(log: FaultLog, { faults, classes }: Settings): boolean {
  if (faults === 0 || log.done() < faults) return false;
  const struck = Object.values(log.counts()).filter(({ done }) => done > 0).length;
  return struck >= Math.min(CLASSES_ENOUGH, classes.length);
}

function describeRound(round: RoundReport): string {
  const verdict = round.violations.length === 0 ? "all equal" : `${round.violations.length} VIOLATIONS`;
  return (
    `round ${round.round}: ${round.faults} faults, ${round.events} events, throughput back after ${seconds(round.throughputMs)}, ` +
    `lag 0 after ${seconds(round.settledMs)}, ${round.identities} identities and ${round.published} records ` +
    `compared in ${seconds(round.checkMs)}, ${round.repeats} repeats: ${verdict}`
  );
}

/** What is under way then ends with the servers. */
async function unlessInterrupted<T>(interrupted: AbortSignal, work: Promise<T>): Promise<T> {
  const abortion = Promise.withResolvers<never>();
  const abort = () => abortion.reject(interrupted.reason);
  interrupted.addEventListener("abort", abort);
  if (interrupted.aborted) abort();
  try {
    return await Promise.race([work, abortion.promise]);
  } finally {
    interrupted.removeEventListener("abort", abort);
  }
}

async function sleepUnless(interrupted: AbortSignal, ms: number): Promise<void> {
  if (interrupted.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      interrupted.removeEventListener("abort", finish);
      resolve();
    }
    interrupted.addEventListener("abort", finish);
  });
}

/** Again and again while Postgres is away. */
async function sqlWhenUp<Row>(
  { db }: Deployment,
  text: string,
  parameters: readonly unknown[] = [],
  interrupted: AbortSignal,
): Promise<Row[]> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await rowsOf<Row>(db, text, parameters);
    } catch (error) {
      if (classifyFailure(error) !== "retriable" || performance.now() > untilMs || interrupted.aborted) throw error;
      await sleepUnless(interrupted, SQL_AGAIN_MS);
    }
  }
}
