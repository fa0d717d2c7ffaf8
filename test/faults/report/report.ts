/** What a campaign came to, for people and as JSON. */
import { CLASSES } from "../nemesis/deck.ts";
import type { FaultClass } from "../nemesis/fault.ts";

export type RoundReport = {
  readonly round: number;
  readonly epoch: number;
  readonly faults: number;
  readonly relayFaults: number;
  readonly events: number;
  /** From the heal until the lag was below one second of input, with the load still on. */
  readonly caughtUpMs: number;
  /** From the heal until lag 0 and everything relayed, the load off. */
  readonly settledMs: number;
  readonly checkMs: number;
  readonly identities: number;
  readonly published: number;
  readonly letters: number;
  readonly answers: number;
  readonly ghosts: number;
  readonly repeats: number;
  readonly olderAfterNewer: number;
  readonly letterRepeats: number;
  /** Reconcilers and others that ended by themselves and were started again. */
  readonly ownEnds: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
};

export type Report = {
  readonly seed: number;
  readonly commit: string;
  readonly machine: string;
  readonly startedAt: string;
  readonly elapsedSeconds: number;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly events: number;
  readonly orders: { sent: number; acknowledged: number; unknown: number };
  readonly statuses: Readonly<Record<string, number>>;
  readonly faults: number;
  readonly byClass: Readonly<Record<FaultClass, { done: number; missed: number }>>;
  readonly byVariant: Readonly<Record<string, number>>;
  readonly notPossible: Readonly<Record<FaultClass, string>>;
  readonly rounds: readonly RoundReport[];
  readonly failure: string | undefined;
};

/** The table at the end. */
export function toTable(report: Report): string {
  const { rounds } = report;
  const sum = (pick: (round: RoundReport) => number) => rounds.reduce((total, round) => total + pick(round), 0);
  const max = (pick: (round: RoundReport) => number) => rounds.reduce((most, round) => Math.max(most, pick(round)), 0);
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
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
    `faults                  ${report.faults} in ${classes.filter(([, { done }]) => done > 0).length} classes`,
    `events in the log       ${report.events}`,
    `orders over HTTP        ${report.orders.sent} sent, ${report.orders.acknowledged} acknowledged, ${report.orders.unknown} unknown`,
    `answers                 ${Object.entries(report.statuses)
      .map(([status, count]) => `${status}: ${count}`)
      .join(", ")}`,
    `rounds                  ${rounds.length}, each compared whole with the oracle`,
    `published               ${sum((round) => round.published)} records, ${sum((round) => round.repeats)} exact repeats, ` +
      `${sum((round) => round.olderAfterNewer)} older after newer, over ${sum((round) => round.relayFaults)} faults that touch the relay`,
    `dead letters            ${sum((round) => round.letters)} expected and found, ${sum((round) => round.letterRepeats)} repeats on the topic`,
    `caught up after heal    ${seconds(max((round) => round.caughtUpMs))} at the most, under load`,
    `lag 0 after heal        ${seconds(max((round) => round.settledMs))} at the most`,
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
