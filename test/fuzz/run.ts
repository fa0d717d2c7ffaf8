/**
 * `pnpm test:fuzz`: the long form of the two fuzzers whose short form is in the unit tests, of what a fetch holds and of
 * what a record holds. `--runs N` hostile records (1,200,000; and a quarter as many batches), `--seed N` (by the clock).
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { repositoryRoot } from "@kith/devstack";

const FILES = [
  "packages/kafka/src/hostile-batches.unit.test.ts",
  "services/reconciler/src/hostile-records.unit.test.ts",
];

const { values } = parseArgs({ options: { runs: { type: "string" }, seed: { type: "string" } } });
const env = {
  FUZZ_RUNS: values.runs ?? "1200000",
  FUZZ_SEED: values.seed ?? String(1 + (Date.now() % 1_000_000)),
};
if (![env.FUZZ_RUNS, env.FUZZ_SEED].every((value) => /^[1-9][0-9]{0,9}$/.test(value))) {
  console.error("usage: node test/fuzz/run.ts [--runs N] [--seed N]");
  process.exit(64);
}
console.log(`FUZZ_RUNS=${env.FUZZ_RUNS} FUZZ_SEED=${env.FUZZ_SEED}`);
const { status } = spawnSync(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", "--project", "unit", ...FILES],
  {
    cwd: repositoryRoot,
    stdio: "inherit",
    env: { ...process.env, ...env },
  },
);
process.exitCode = status ?? 1;
