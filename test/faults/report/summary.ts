/** A campaign in the few figures that are kept of it in docs/faults, and that the page of all campaigns is made of. */
import { mostRepeats, type TermRepeats } from "../check/repeats-by-term.ts";
import type { FaultClass } from "../nemesis/fault.ts";
import type { Report, RoundReport } from "./report.ts";

/** A report, and what was found out about its failure, if somebody wrote that into the file. */
export type Campaign = Report & { readonly cause?: string };

/** One campaign, as a line of the page. */
export type CampaignLine = Pick<Report, "seed" | "commit" | "startedAt" | "elapsedSeconds" | "faults" | "events"> & {
  readonly settings: Pick<Report["settings"], "minutes" | "brokers" | "rate">;
  readonly rounds: number;
  readonly failure?: string;
  readonly cause?: string;
};

/** What it came to. Of some early campaigns only the sums of them all are left. */
export type Summary = {
  readonly campaigns: readonly CampaignLine[];
  readonly machine: string;
  readonly orders: Pick<Report["orders"], "sent" | "acknowledged">;
  readonly byClass: Report["byClass"];
  /** By target: how many heals met it, and the longest with the seed of its campaign; without a time: it never did. */
  readonly times: Readonly<Record<string, { met: number; worstMs?: number; seed: number }>>;
  /** Sums over the rounds. */
  readonly sums: Readonly<Record<Summed, number>>;
  readonly violations: number;
  readonly mostRepeats?: TermRepeats;
};

type Summed = (typeof SUMMED)[number];

const SUMMED = [
  "identities",
  "published",
  "letters",
  "repeats",
  "olderAfterNewer",
  "relayFaults",
  "letterRepeats",
] as const satisfies readonly (keyof RoundReport)[];

export function summarize(campaign: Campaign): Summary {
  const { seed, commit, startedAt, elapsedSeconds, faults, events, settings, rounds, failure, cause } = campaign;
  const violations = rounds.flatMap((round) => round.violations).length;
  const most = mostRepeats(rounds.flatMap((round) => round.mostRepeats ?? []));
  const line: CampaignLine = {
    seed,
    commit,
    startedAt,
    elapsedSeconds,
    faults,
    events,
    settings: { minutes: settings.minutes, brokers: settings.brokers, rate: settings.rate },
    rounds: rounds.length,
    ...(failure !== undefined && { failure: firstLine(failure, violations) }),
    ...(cause !== undefined && { cause }),
  };
  return {
    campaigns: [line],
    machine: campaign.machine,
    orders: { sent: campaign.orders.sent, acknowledged: campaign.orders.acknowledged },
    byClass: inOrder(campaign.byClass),
    times: Object.fromEntries(
      Object.entries(campaign.times).map(([name, { met, worstMs }]) => [
        name,
        { met, ...(worstMs !== undefined && { worstMs: Math.round(worstMs) }), seed },
      ]),
    ),
    sums: Object.fromEntries(
      SUMMED.map((name) => [name, rounds.reduce((sum, round) => sum + round[name], 0)]),
    ) as Summary["sums"],
    violations,
    ...(most !== undefined && { mostRepeats: most }),
  };
}

/** What follows the first line is of a log of the machine it ran on. */
function firstLine(failure: string, violations: number): string {
  const line = failure.split("\n")[0]!.replace(/\.$/, "");
  return violations > 1 ? `${line}, and ${violations - 1} more` : line;
}

/** Classes in the order of their numbers. */
function inOrder(byClass: Report["byClass"]): Report["byClass"] {
  const classes = Object.entries(byClass) as [FaultClass, { done: number; missed: number }][];
  return Object.fromEntries(classes.sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)))) as Report["byClass"];
}
