/**
 * vitest reporter of `pnpm test:inputs`: the table of inputs row by row, each with its cases and how they were answered.
 * A row without a case that passed fails the run.
 */
import type { TestCase, TestModule } from "vitest/node";
import { INPUT_ROWS } from "./rows.ts";

const NAME = /^INPUTS (\d+): (.*)$/s;
const MARKS = { passed: "✓", failed: "✗", skipped: "–", pending: "–" } as const;

type Case = { readonly state: keyof typeof MARKS; readonly name: string };

/** Prints when all has run. */
export default class InputsTable {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const cases = new Map<number, Case[]>();
    const others: TestCase[] = [];
    for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
      const [, row, name = ""] = NAME.exec(test.name) ?? [];
      if (row === undefined) others.push(test);
      else cases.set(Number(row), [...(cases.get(Number(row)) ?? []), { state: test.result().state, name }]);
    }
    for (const [row, title] of Object.entries(INPUT_ROWS)) printRow(row, title, cases.get(Number(row)) ?? []);
    console.log("");
    for (const test of others) console.log(`     ${MARKS[test.result().state]} ${test.name}`);

    const all = [...cases.values()].flat();
    const passed = all.filter(({ state }) => state === "passed").length;
    const empty = Object.keys(INPUT_ROWS).filter(
      (row) => !cases.get(Number(row))?.some(({ state }) => state === "passed"),
    );
    const rows = Object.keys(INPUT_ROWS).length;
    console.log(`\n${rows - empty.length} of ${rows} rows, ${passed} of ${all.length} cases as the table says`);
    if (empty.length === 0) return;
    console.log(`without a case that passed: ${empty.join(", ")}`);
    process.exitCode = 1;
  }
}

function printRow(row: string, title: string, cases: readonly Case[]): void {
  console.log(`\n${row.padStart(3)}  ${title}`);
  for (const { state, name } of cases) console.log(`     ${MARKS[state]} ${visible(name)}`);
}

/** Names hold what is sent, which may be anything. */
function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}
