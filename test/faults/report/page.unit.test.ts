import { expect, test } from "vitest";
import { toPage } from "./page.ts";
import { type RoundReport, timesOf } from "./report.ts";
import { type Campaign, type Summary, summarize } from "./summary.ts";

function campaign(seed: number, change: Partial<Campaign> = {}, roundChange: Partial<RoundReport> = {}): Summary {
  const round: RoundReport = {
    round: 1,
    epoch: 1,
    faults: 3,
    relayFaults: 2,
    events: 1_000,
    usualPerSecond: 500,
    throughputMs: 1_200,
    caughtUpMs: 1_500,
    settledMs: 2_000,
    checkMs: 100,
    identities: 10,
    published: 20,
    letters: 1,
    answers: 5,
    ghosts: 0,
    repeats: 4,
    mostRepeats: { term: 2, repeats: 4, doubtful: 7 },
    olderAfterNewer: 0,
    letterRepeats: 0,
    ownEnds: {},
    violations: [],
    ...roundChange,
  };
  return summarize({
    seed,
    commit: "abc",
    machine: "2 × a processor",
    startedAt: `2026-01-0${seed}T10:00:00.000Z`,
    elapsedSeconds: 60,
    settings: {
      seed,
      minutes: 1,
      faults: 0,
      classes: ["F1", "F10"],
      rate: 500,
      brokers: 1,
      plan: 0,
      judgeTimes: false,
      keep: false,
      notPossible: {},
    },
    events: 1_000,
    orders: { sent: 300, acknowledged: 299, unknown: 1 },
    statuses: {},
    faults: 3,
    byClass: { F10: { done: 1, missed: 1 }, F1: { done: 2, missed: 0 } },
    byVariant: {},
    times: timesOf([round]),
    notPossible: {},
    rounds: [round],
    operator: [],
    failure: undefined,
    ...change,
  });
}

test("sums over all campaigns, classes in the order of their numbers, the worst time with its seed", () => {
  const page = toPage([campaign(1), campaign(2, {}, { throughputMs: 31_000 })]);
  expect(page).toContain("| faults | 6 in 2 classes |");
  expect(page).toContain("| F10 | locks, deadlocks, SQLSTATEs | 2 | 2 |");
  expect(page.indexOf("| F1 |")).toBeLessThan(page.indexOf("| F10 |"));
  expect(page).toContain("| throughput in 30 s | 1 of 2 | 31.0 s | 2 |");
  expect(page).toContain("| most in one leader's term | 4 exact repeats, with a doubtful window of 7 |");
  expect(page).toContain("## What failed\n\nNothing.");
});

test("a campaign that failed is shown with what was found out, and counts", () => {
  const violations = ["D1: the graph is not what the oracle says", "I2: 1"];
  const page = toPage([
    campaign(1),
    campaign(2, { failure: violations[0]!, cause: "A lock was missing." }, { violations }),
  ]);
  expect(page).toContain("| campaigns | 2, of which 1 failed |");
  expect(page).toContain("| violations | 2 |");
  expect(page).toContain(
    "- Seed 2 at `abc`: D1: the graph is not what the oracle says, and 1 more. A lock was missing. Again: `pnpm faults --seed 2 --minutes 1 --rate 500 --brokers 1`.",
  );
});

test("a lag that never came to 0 is the worst of all", () => {
  const page = toPage([campaign(1), campaign(2, {}, { settledMs: undefined })]);
  expect(page).toContain("| lag 0 in 60 s | 1 of 2 | never | 2 |");
});

test("campaigns of which only the sums are left have a line each", () => {
  const [one, other] = [campaign(1), campaign(3)];
  const both: Summary = { ...one, campaigns: [...other.campaigns, ...one.campaigns] };
  const page = toPage([campaign(2), both]);
  expect(page).toContain("| campaigns | 3, of which 0 failed |");
  expect(page.match(/^\| \d \| `abc` \| 2026-01-0\d 10:00 \|/gm)).toEqual(
    [1, 2, 3].map((seed) => `| ${seed} | \`abc\` | 2026-01-0${seed} 10:00 |`),
  );
  expect(page).toContain("| identities compared | 20 |");
});
