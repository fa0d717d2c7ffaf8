/** The page that shows what campaigns came to: all that are given, those that failed as well. Pure. */
import { mostRepeats } from "../check/repeats-by-term.ts";
import { CLASSES } from "../nemesis/deck.ts";
import type { FaultClass } from "../nemesis/fault.ts";
import { describeMost, seconds } from "./report.ts";
import type { CampaignLine, Summary } from "./summary.ts";

const INTRODUCTION = `# What the faults found

Written by \`pnpm faults:report\` out of the reports of \`pnpm faults\`, of which [faults/](faults) keeps the figures; [how a run goes, and what is compared](development.md#faults). Every campaign that was reported is here, with those that failed.

Not covered: loss of power, damaged disks, several machines.
`;

export function toPage(summaries: readonly Summary[]): string {
  const campaigns = summaries.flatMap((one) => one.campaigns).sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  const failed = campaigns.filter((one) => one.failure !== undefined);
  return [
    INTRODUCTION,
    "## Together\n",
    toTotals(summaries, campaigns, failed.length),
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
        one.rounds,
        one.failure === undefined ? "all equal" : "**failed**",
      ]),
    ),
    `\nMachine: ${[...new Set(summaries.map((one) => one.machine))].join("; ")}.\n`,
    "## Faults by class\n",
    toClasses(summaries),
    "\n## After a heal\n",
    "The load is doubled until the throughput is back and the lag is what comes in within two seconds; then it goes off. Nothing here fails a campaign unless it ran with `--judge-times`.\n",
    toTimes(
      summaries,
      total(campaigns, (one) => one.rounds),
    ),
    "\n## Said twice\n",
    toRepeats(summaries),
    "\n## What failed\n",
    failed.length === 0 ? "Nothing." : failed.map(toFailure).join("\n"),
    "",
  ].join("\n");
}

function toTotals(summaries: readonly Summary[], campaigns: readonly CampaignLine[], failed: number): string {
  const struck = new Set(summaries.flatMap((one) => classesOf(one).filter((name) => one.byClass[name]!.done > 0)));
  return toRows(
    ["", ""],
    [
      ["campaigns", `${campaigns.length}, of which ${failed} failed`],
      ["faults", `${count(total(campaigns, (one) => one.faults))} in ${struck.size} classes`],
      ["events in the log", count(total(campaigns, (one) => one.events))],
      ["orders over HTTP", count(total(summaries, (one) => one.orders.sent))],
      ["of those acknowledged", count(total(summaries, (one) => one.orders.acknowledged))],
      ["rounds, each compared whole with the oracle", count(total(campaigns, (one) => one.rounds))],
      ["identities compared", count(total(summaries, (one) => one.sums.identities))],
      ["records of `identity.resolved` looked at", count(total(summaries, (one) => one.sums.published))],
      ["dead letters, expected and found", count(total(summaries, (one) => one.sums.letters))],
      ["violations", count(total(summaries, (one) => one.violations))],
      ["minutes", (total(campaigns, (one) => one.elapsedSeconds) / 60).toFixed(0)],
    ],
  );
}

function toClasses(summaries: readonly Summary[]): string {
  const names = [...new Set(summaries.flatMap(classesOf))].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  return toRows(
    ["class", "", "done", "missed"],
    names.map((name) => [
      name,
      CLASSES[name]?.what ?? "",
      count(total(summaries, (one) => one.byClass[name]?.done ?? 0)),
      count(total(summaries, (one) => one.byClass[name]?.missed ?? 0)),
    ]),
  );
}

function toTimes(summaries: readonly Summary[], heals: number): string {
  const names = Object.keys(summaries[0]?.times ?? {});
  return toRows(
    ["target", "met", "worst", "in the campaign of seed"],
    names.map((name) => {
      const slowest = summaries.reduce((worst, one) => (worstOf(one, name) > worstOf(worst, name) ? one : worst));
      return [
        name,
        `${count(total(summaries, (one) => one.times[name]?.met ?? 0))} of ${count(heals)}`,
        seconds(slowest.times[name]?.worstMs),
        slowest.times[name]?.seed ?? "",
      ];
    }),
  );
}

function worstOf(summary: Summary, name: string): number {
  return summary.times[name]?.worstMs ?? Number.POSITIVE_INFINITY;
}

function toRepeats(summaries: readonly Summary[]): string {
  const sum = (name: keyof Summary["sums"]) => count(total(summaries, (one) => one.sums[name]));
  return toRows(
    ["on `identity.resolved`", ""],
    [
      ["exact repeats", sum("repeats")],
      ["older after newer, mended", sum("olderAfterNewer")],
      ["most in one leader's term", describeMost(mostRepeats(summaries.flatMap((one) => one.mostRepeats ?? [])))],
      ["faults that touch the relay", sum("relayFaults")],
      ["repeats of dead letters on their topic", sum("letterRepeats")],
    ],
  );
}

function toFailure({ seed, commit, failure, cause, settings }: CampaignLine): string {
  const command = `pnpm faults --seed ${seed} --minutes ${settings.minutes} --rate ${settings.rate} --brokers ${settings.brokers}`;
  return `- Seed ${seed} at \`${commit}\`: ${failure}. ${cause ?? "The cause is not known."} Again: \`${command}\`.`;
}

function classesOf(summary: Summary): FaultClass[] {
  return Object.keys(summary.byClass) as FaultClass[];
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
