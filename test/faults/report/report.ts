/** What a campaign came to, for people and as JSON. */

import type { OperatorStep } from "../check/look-over.ts";
import type { TermRepeats } from "../check/repeats-by-term.ts";
import { mostRepeats } from "../check/repeats-by-term.ts";
import { CLASSES } from "../nemesis/deck.ts";
import type { FaultClass } from "../nemesis/fault.ts";
import { type Recovery, TARGETS_MS } from "../recover.ts";
import type { Settings } from "../settings.ts";

export type RoundReport = Recovery & {
  readonly round: number;
  readonly epoch: number;
  readonly faults: number;
  readonly relayFaults: number;
  readonly events: number;
  /** Into the log before the faults. */
  readonly usualPerSecond: number;
  readonly checkMs: number;
  readonly identities: number;
  readonly published: number;
  readonly letters: number;
  readonly answers: number;
  readonly ghosts: number;
  readonly repeats: number;
  /** The leader's term with the most of them, in the deployment up to here. */
  readonly mostRepeats: TermRepeats | undefined;
  readonly olderAfterNewer: number;
  readonly letterRepeats: number;
  /** Reconcilers and others that ended by themselves and were started again. */
  readonly ownEnds: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
};

const TARGETS = [
  {
    name: "throughput in 30 s",
    pick: (one: Recovery) => one.throughputMs,
    withinMs: TARGETS_MS.throughput,
  },
  { name: "lag 0 in 60 s", pick: (one: Recovery) => one.settledMs, withinMs: TARGETS_MS.settled },
] as const;

export type Report = {
  readonly seed: number;
  readonly commit: string;
  readonly machine: string;
  readonly startedAt: string;
  readonly elapsedSeconds: number;
  readonly settings: Settings;
  readonly events: number;
  readonly orders: { sent: number; acknowledged: number; unknown: number };
  readonly statuses: Readonly<Record<string, number>>;
  readonly faults: number;
  readonly byClass: Readonly<Record<FaultClass, { done: number; missed: number }>>;
  readonly byVariant: Readonly<Record<string, number>>;
  readonly times: ReturnType<typeof timesOf>;
  readonly notPossible: Readonly<Record<FaultClass, string>>;
  readonly rounds: readonly RoundReport[];
  readonly operator: readonly OperatorStep[];
  readonly failure: string | undefined;
};

/** What did not come as soon after the heal as it should. */
export function missedTargets(recovery: Recovery): string[] {
  return TARGETS.filter(({ pick, withinMs }) => (pick(recovery) ?? Number.POSITIVE_INFINITY) > withinMs).map(
    ({ name, pick }) => `time: ${name}: ${seconds(pick(recovery))}`,
  );
}

/** By target: how many heals met it, and the longest; undefined if one never did. */
export function timesOf(rounds: readonly Recovery[]): Record<string, { met: number; worstMs: number | undefined }> {
  return Object.fromEntries(
    TARGETS.map(({ name, pick, withinMs }) => {
      const times = rounds.map(pick);
      const met = times.filter((ms) => ms !== undefined && ms <= withinMs).length;
      return [name, { met, worstMs: times.includes(undefined) ? undefined : Math.max(0, ...(times as number[])) }];
    }),
  );
}

export function describeMost(most: TermRepeats | undefined): string {
  return most === undefined ? "none" : `${most.repeats} exact repeats, with a doubtful window of ${most.doubtful}`;
}

export function seconds(ms: number | undefined): string {
  return ms === undefined ? "never" : `${(ms / 1_000).toFixed(1)} s`;
}

/** The table at the end. */
export function toTable(report: Report): string {
  const { rounds } = report;
  const sum = (pick: (round: RoundReport) => number) => rounds.reduce((total, round) => total + pick(round), 0);
  const classes = Object.entries(report.byClass) as [FaultClass, { done: number; missed: number }][];
  classes.sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)));
  const violations = rounds.flatMap((round) => round.violations);
  return [
    "",
    "class  done  missed",
    ...classes.map(
      ([name, { done, missed }]) =>
        `${name.padEnd(5)}  ${String(done).padStart(4)}  ${String(missed).padStart(6)}  ${CLASSES[name]?.what ?? ""}`,
    ),
    ...Object.entries(report.notPossible).map(([name, why]) => `${name.padEnd(5)}  not possible here: ${why}`),
    "",
    `faults                  ${report.faults} in ${classes.filter(([, { done }]) => done > 0).length} classes${
      report.faults < report.settings.faults ? `, fewer than ${report.settings.faults}` : ""
    }`,
    `events in the log       ${report.events}`,
    `orders over HTTP        ${report.orders.sent} sent, ${report.orders.acknowledged} acknowledged, ${report.orders.unknown} unknown`,
    `answers                 ${Object.entries(report.statuses)
      .map(([status, count]) => `${status}: ${count}`)
      .join(", ")}`,
    `rounds                  ${rounds.length}, each compared whole with the oracle`,
    `published               ${sum((round) => round.published)} records, ${sum((round) => round.repeats)} exact repeats, ` +
      `${sum((round) => round.olderAfterNewer)} older after newer, over ${sum((round) => round.relayFaults)} faults that touch the relay`,
    `most in a leader's term ${describeMost(mostRepeats(rounds.flatMap((round) => round.mostRepeats ?? [])))}`,
    `dead letters            ${sum((round) => round.letters)} expected and found, ${sum((round) => round.letterRepeats)} repeats on the topic`,
    ...Object.entries(report.times).map(
      ([name, { met, worstMs }]) =>
        `${name.padEnd(23)} ${met} of ${rounds.length} heals; at the worst ${seconds(worstMs)}`,
    ),
    ...report.operator.map(
      ({ command, exitCode, seconds: took }) =>
        `${command.padEnd(27)} ${exitCode === 0 ? "all right" : `ended with ${exitCode}`}, ${seconds(took * 1_000)}`,
    ),
    `own ends                ${sum((round) => Object.values(round.ownEnds).reduce((a, b) => a + b, 0))} services ended by themselves and were started again`,
    `elapsed                 ${seconds(report.elapsedSeconds * 1_000)}`,
    "",
    rounds.length === 0 && report.failure === undefined
      ? `interrupted before the first round was compared. Seed ${report.seed}.`
      : report.failure === undefined
        ? `0 lost, 0 duplicated effects, 0 violations. Seed ${report.seed}.`
        : `FAILED with seed ${report.seed}: ${report.failure}`,
    ...violations.map((violation) => `  ${violation}`),
    "",
  ].join("\n");
}
