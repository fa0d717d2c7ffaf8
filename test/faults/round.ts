/** One round: faults under load, heal, catch up under load, come to rest, compare everything. */
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "@kith/testkit";
import { readProgress, untilRead, untilSettled } from "./check/await-rest.ts";
import { checkRound } from "./check/check-round.ts";
import type { Epoch } from "./epoch.ts";
import { heal } from "./heal.ts";
import type { Deck } from "./nemesis/deck.ts";
import type { Arena, Dice } from "./nemesis/fault.ts";
import type { FaultLog } from "./report/fault-log.ts";
import type { RoundReport } from "./report/report.ts";
import type { Servers } from "./rig/servers.ts";
import { runFaults } from "./run-faults.ts";

export type RoundOptions = {
  readonly number: number;
  readonly epoch: Epoch;
  readonly servers: Servers;
  readonly arena: Arena;
  readonly deck: Deck;
  readonly dice: Dice;
  readonly log: FaultLog;
  readonly faults: number;
  /** No further fault is drawn. */
  isOver(): boolean;
  /** Found by faults and clients since the last round. */
  takeViolations(): string[];
  readonly mayHaveGhosts: () => boolean;
};

const WARM_UP_MS = 1_000;
/** RECONCILIATION: lag 0 within a minute of the heal. */
const LIVENESS_LIMIT_MS = 60_000;
const RESTARTS_MAX = 6;
const CAUGHT_UP_LAG_MIN = 3_000;

/** Rejects where the rig itself fails; what Kith did wrong is in the report. */
export async function runRound(options: RoundOptions): Promise<RoundReport> {
  const { number, epoch, servers, arena } = options;
  const { deployment, watch, direct, ledger } = epoch;
  const before = countsOf(epoch);
  const endsBefore = new Map(deployment.services.map((service) => [service, service.ownEnds()]));
  epoch.resume();
  await arena.sleep(WARM_UP_MS);
  const begun = await runFaults({ ...options, round: number });

  await heal(epoch, servers);
  const healedAtMs = performance.now();
  const violations = options.takeViolations();
  const caughtUpMs = await untilCaughtUp(epoch, violations);
  await epoch.pause();
  let settledMs = -1;
  try {
    await untilSettled(deployment, LIVENESS_LIMIT_MS);
    settledMs = performance.now() - healedAtMs;
    await untilRead(deployment, watch);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    violations.push(`liveness: ${error.message}`);
  }
  const checkedAtMs = performance.now();
  const verdict = await checkRound({
    deployment,
    watch,
    ledger,
    direct,
    mayHaveGhosts: options.mayHaveGhosts(),
    random: seededRandom(number),
  });
  violations.push(...options.takeViolations(), ...verdict.violations);
  const after = countsOf(epoch);
  const relayFaults = begun.filter((fault) => fault.touchesRelay).length;
  const repeats = after.repeats - before.repeats;
  const olderAfterNewer = after.olderAfterNewer - before.olderAfterNewer;
  if (relayFaults === 0 && repeats + olderAfterNewer > 0)
    violations.push(`${repeats} records were published again although nothing touched the relay`);
  const ownEnds: Record<string, number> = {};
  for (const [service, count] of endsBefore) {
    const ends = service.ownEnds() - count;
    if (ends > 0) ownEnds[service.label] = ends;
    const isStorm = begun.some((fault) => fault.class === "F20");
    if (ends > RESTARTS_MAX && !isStorm) violations.push(`${service.label} ended by itself ${ends} times in one round`);
  }
  return {
    round: number,
    epoch: epoch.number,
    faults: begun.length,
    relayFaults,
    events: after.events - before.events,
    caughtUpMs,
    settledMs,
    checkMs: performance.now() - checkedAtMs,
    identities: verdict.compared.identities,
    published: after.published - before.published,
    letters: after.letters - before.letters,
    answers: verdict.compared.answers,
    ghosts: verdict.compared.ghosts,
    repeats,
    olderAfterNewer,
    letterRepeats: after.letterRepeats - before.letterRepeats,
    ownEnds,
    violations,
  };
}

/** With the load on, until the lag is what comes within a second or two. */
async function untilCaughtUp({ deployment, direct }: Epoch, violations: string[]): Promise<number> {
  const startedAtMs = performance.now();
  const enough = Math.max(CAUGHT_UP_LAG_MIN, direct.rate() * 2);
  for (;;) {
    const progress = await readProgress(deployment);
    const tookMs = performance.now() - startedAtMs;
    if (progress !== undefined && progress.lag <= enough) return tookMs;
    if (tookMs > LIVENESS_LIMIT_MS) {
      violations.push(`liveness: a lag of ${progress?.lag ?? "unknown"} a minute after the heal, under load`);
      return tookMs;
    }
    await delay(250);
  }
}

function countsOf({ watch }: Epoch) {
  const { records, repeats, olderAfterNewer } = watch.output.counts();
  return {
    events: watch.input.records(),
    published: records,
    repeats,
    olderAfterNewer,
    letters: watch.input.letters().size,
    letterRepeats: watch.letters.repeats(),
  };
}
