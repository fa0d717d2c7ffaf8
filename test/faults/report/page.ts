/** The page that shows what campaigns came to: all that are given, those that failed as well. Pure. */
import { mostRepeats } from "../check/repeats-by-term.ts";
import { CLASSES } from "../nemesis/deck.ts";
import type { FaultClass } from "../nemesis/fault.ts";
import { describeMost, type Report, type RoundReport, seconds } from "./report.ts";

/** A report, and what was found out about its failure, if somebody wrote that into the file. */
export type Campaign = Report & { readonly cause?: string };

const INTRODUCTION = `# What the faults found

Written by \`pnpm faults:report\` out of the reports of \`pnpm faults\`; [how a run goes, and what is compared](development.md#faults). Every campaign that was given is here, with those that failed.

Not covered: loss of power, damaged disks, several machines.
`;

export function toPage(campaigns: readonly Campaign[]): string {
  const failed = campaigns.filter((one) => one.failure !== undefined);
  return [
    INTRODUCTION,
    "## Together\n",
    toTotals(campaigns, failed.length),
    "\n## Campaigns\n",
    toRows(
      ["seed", "commit", "began", "minutes", "brokers", "rate", "faults", "events", "rounds", "result"],
      campaigns.map((one) => [
        one.seed,
        `\`${one.commit}\``,
        one.startedAt.slice(0, 16).replace("T", " "),
        (one.elapsedSeconds / 60).toFixed(1),
        one.settings.brokers,
        one.settings.rate,
        count(one.faults),
        count(one.events),
        one.rounds.length,
        one.failure === undefined ? "all equal" : "**failed**",
      ]),
    ),
    `\nMachine: ${[...new Set(campaigns.map((one) => one.machine))].join("; ")}.\n`,
    "## Faults by class\n",
    toClasses(campaigns),
    "\n## After a heal\n",
    "The load is doubled until the throughput is back and the lag is what comes in within two seconds; then it goes off. Nothing here fails a campaign unless it ran with `--judge-times`.\n",
    toTimes(campaigns),
    "\n## Said twice\n",
    toRepeats(campaigns),
    "\n## What failed\n",
    failed.length === 0 ? "Nothing." : failed.map(toFailure).join("\n"),
    "",
  ].join("\n");
}

function toTotals(campaigns: readonly Campaign[], failed: number): string {
  const rounds = campaigns.flatMap((one) => one.rounds);
  const struck = new Set(campaigns.flatMap((one) => classesOf(one).filter((name) => one.byClass[name]!.done > 0)));
  return toRows(
    ["", ""],
    [
      ["campaigns", `${campaigns.length}, of which ${failed} failed`],
      ["faults", `${count(total(campaigns, (one) => one.faults))} in ${struck.size} classes`],
      ["events in the log", count(total(campaigns, (one) => one.events))],
      ["orders over HTTP", count(total(campaigns, (one) => one.orders.sent))],
      ["of those acknowledged", count(total(campaigns, (one) => one.orders.acknowledged))],
      ["rounds, each compared whole with the oracle", count(rounds.length)],
      ["identities compared", count(total(rounds, (round) => round.identities))],
      ["records of `identity.resolved` looked at", count(total(rounds, (round) => round.published))],
      ["dead letters, expected and found", count(total(rounds, (round) => round.letters))],
      ["violations", count(total(rounds, (round) => round.violations.length))],
      ["minutes", (total(campaigns, (one) => one.elapsedSeconds) / 60).toFixed(0)],
    ],
  );
}

function toClasses(campaigns: readonly Campaign[]): string {
  const names = [...new Set(campaigns.flatMap(classesOf))].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  return toRows(
    ["class", "", "done", "missed"],
    names.map((name) => [
      name,
      CLASSES[name]?.what ?? "",
      count(total(campaigns, (one) => one.byClass[name]?.done ?? 0)),
      count(total(campaigns, (one) => one.byClass[name]?.missed ?? 0)),
    ]),
  );
}

function toTimes(campaigns: readonly Campaign[]): string {
  const names = Object.keys(campaigns[0]?.times ?? {});
  return toRows(
    ["target", "met", "worst", "in the campaign of seed"],
    names.map((name) => {
      const slowest = campaigns.reduce((worst, one) => (worstOf(one, name) > worstOf(worst, name) ? one : worst));
      return [
        name,
        `${count(total(campaigns, (one) => one.times[name]?.met ?? 0))} of ${count(total(campaigns, (one) => one.rounds.length))}`,
        seconds(slowest.times[name]?.worstMs),
        slowest.seed,
      ];
    }),
  );
}

function worstOf(campaign: Campaign, name: string): number {
  return campaign.times[name]?.worstMs ?? Number.POSITIVE_INFINITY;
}

function toRepeats(campaigns: readonly Campaign[]): string {
  const rounds = campaigns.flatMap((one) => one.rounds);
  const sum = (pick: (round: RoundReport) => number) => count(total(rounds, pick));
  return toRows(
    ["on `identity.resolved`", ""],
    [
      ["exact repeats", sum((round) => round.repeats)],
      ["older after newer, mended", sum((round) => round.olderAfterNewer)],
      ["most in one leader's term", describeMost(mostRepeats(rounds.flatMap((round) => round.mostRepeats ?? [])))],
      ["faults that touch the relay", sum((round) => round.relayFaults)],
      ["repeats of dead letters on their topic", sum((round) => round.letterRepeats)],
    ],
  );
}

function toFailure(campaign: Campaign): string {
  const { seed, commit, failure, cause, settings, rounds } = campaign;
  const more = rounds.flatMap((round) => round.violations).length - 1;
  const command = `pnpm faults --seed ${seed} --minutes ${settings.minutes} --rate ${settings.rate} --brokers ${settings.brokers}`;
  // What follows the first line is of a log of the machine it ran on.
  const what = (failure ?? "").split("\n")[0]?.replace(/\.$/, "");
  return `- Seed ${seed} at \`${commit}\`: ${what}${more > 0 ? `, and ${more} more` : ""}. ${cause ?? "The cause is not known."} Again: \`${command}\`.`;
}

function classesOf(campaign: Campaign): FaultClass[] {
  return Object.keys(campaign.byClass) as FaultClass[];
}

function total<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((sum, item) => sum + pick(item), 0);
}

function count(n: number): string {
  return n.toLocaleString("en");
}

function toRows(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
