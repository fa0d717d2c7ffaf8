/**
 * After all other tests of the run: no value that they sent is in what Kith said to them. What the suites leave is in
 * files (packages/testkit/src/said.ts). A run of some of the tests may leave nothing of a kind; CI runs all of them.
 */
import { type SaidKind, saidLines } from "@kith/testkit";
import { inject, test } from "vitest";
import { findTold, findToldInMetric, type Told } from "./find-told.ts";

const SHOWN_MAX = 20;
const folder = inject("saidFolder");
const sentPhones = new Set(saidLines(folder, "sent-phone"));

test.for<[SaidKind, string]>([
  ["log", "a log line"],
  ["metrics", "the name or a label of a metric"],
  ["problem", "a problem document"],
  ["dead-letter", "what is kept beside a dead letter"],
])("no value that was sent is in %s: %s", ([kind], { skip }) => {
  const find = kind === "metrics" ? findToldInMetric : findTold;
  const told: Told[] = [];
  let lines = 0;
  for (const line of saidLines(folder, kind)) {
    lines += 1;
    told.push(...find(line, sentPhones));
  }
  const isWholeRun = process.env.CI === "true";
  skip(lines === 0 && !isWholeRun, `none of the tests of this run left any ${kind}`);
  if (lines === 0) throw new Error(`the tests of this run left no ${kind} to look at`);
  if (told.length > 0)
    throw new Error(
      told
        .slice(0, SHOWN_MAX)
        .map(({ value, line }) => `${value}: ${line}`)
        .join("\n"),
    );
  console.log(`${kind}: ${lines} lines, ${sentPhones.size} phones looked for, nothing told`);
});
