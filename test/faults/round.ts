/** One round: faults under load, heal, catch up under load, come to rest, compare everything. */
import { seededRandom } from "@kith/testkit";
import { untilNothingInDoubt, untilRead } from "./check/await-rest.ts";
import { checkRound } from "./check/check-round.ts";
import { findStoppedWriters } from "./check/find-stopped-writers.ts";
import { mostRepeats, repeatsByTerm } from "./check/repeats-by-term.ts";
import type { Epoch } from "./epoch.ts";
import { heal } from "./heal.ts";
import type { Deck } from "./nemesis/deck.ts";
import type { Arena, Dice } from "./nemesis/fault.ts";
import { recover } from "./recover.ts";
import type { FaultLog } from "./report/fault-log.ts";
import { missedTargets, type RoundReport } from "./report/report.ts";
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
  /** A target of time that was missed is a violation. */
  readonly judgeTimes: boolean;
};

const WARM_UP_MS = 500;
const MEASURED_MS = 1_000;
const RESTARTS_MAX = 12;

/** Rejects where the rig itself fails; what Kith did wrong is in the report. */
export async function runRound(options: RoundOptions): Promise<RoundReport> {
  const { number, epoch, servers, arena } = options;
  const { deployment, watch, direct, ledger } = epoch;
  const before = countsOf(epoch);
  const endsBefore = new Map(deployment.services.map((service) => [service, service.ownEnds()]));
  epoch.resume();
  const usualPerSecond = await measureInput(epoch, arena);
  const begun = await runFaults({ ...options, round: number });

  const violations = await heal(epoch, servers);
  violations.push(...options.takeViolations());
  const recovery = await recover(epoch, usualPerSecond);
  try {
    if (recovery.settledMs === undefined) violations.push("liveness: the lag never came to 0 after the heal");
    else await untilRead(deployment, watch);
    if (watch.output.isBehind()) {
      await untilNothingInDoubt(deployment);
      await untilRead(deployment, watch);
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    violations.push(`liveness: ${error.message}`);
  }
  if (options.judgeTimes) violations.push(...missedTargets(recovery));
  const checkedAtMs = performance.now();
  const verdict = await checkRound({
    deployment,
    watch,
    ledger,
    direct,
    mayHaveGhosts: options.mayHaveGhosts(),
    random: seededRandom(number),
  });
  const logFiles = deployment.reconcilers.map(({ logFile }) => logFile);
  violations.push(...options.takeViolations(), ...verdict.violations, ...(await findStoppedWriters(logFiles)));
  const after = countsOf(epoch);
  const relayFaults = begun.filter((fault) => fault.touchesRelay).length;
  const repeats = after.repeats - before.repeats;
  const olderAfterNewer = after.olderAfterNewer - before.olderAfterNewer;
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
    usualPerSecond,
    ...recovery,
    checkMs: performance.now() - checkedAtMs,
    identities: verdict.compared.identities,
    published: after.published - before.published,
    letters: after.letters - before.letters,
    answers: verdict.compared.answers,
    ghosts: verdict.compared.ghosts,
    repeats,
    mostRepeats: mostRepeats(await repeatsByTerm(logFiles, watch.output.repeatedAtMs())),
    olderAfterNewer,
    letterRepeats: after.letterRepeats - before.letterRepeats,
    ownEnds,
    violations,
  };
}

/** What comes into the log a second before the faults. */
async function measureInput({ watch }: Epoch, arena: Arena): Promise<number> {
  await arena.sleep(WARM_UP_MS);
  const before = watch.input.records();
  await arena.sleep(MEASURED_MS);
  return ((watch.input.records() - before) * 1_000) / MEASURED_MS;
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
