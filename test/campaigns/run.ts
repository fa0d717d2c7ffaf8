/**
 * The long forms of tests whose short forms are in `pnpm test`: `interleave` runs every schedule of two batches, `deep`
 * a hundred thousand random histories of the plan and two thousand of five writers. `--seed N` begins at another seed.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const RECONCILE = "services/reconciler/src/reconcile";

type Step = { readonly project: "unit" | "int"; readonly test: string; readonly env: Record<string, string> };

const { positionals, values } = parseArgs({ allowPositionals: true, options: { seed: { type: "string" } } });
const seed = values.seed ?? String(1 + (Date.now() % 1_000_000));

const CAMPAIGNS: Record<string, readonly Step[]> = {
  interleave: [{ project: "int", test: `${RECONCILE}/interleavings.int.test.ts`, env: { INTERLEAVE: "all" } }],
  deep: [
    { project: "unit", test: `${RECONCILE}/plan.unit.test.ts`, env: { PLAN_RUNS: "100000", PLAN_SEED: seed } },
    {
      project: "int",
      test: `${RECONCILE}/random-writers.int.test.ts`,
      env: { WRITERS_SEEDS: "2000", WRITERS_SEED: values.seed ?? "1" },
    },
  ],
};

const campaign = CAMPAIGNS[positionals[0] ?? ""];
if (campaign === undefined) {
  console.error(`usage: node test/campaigns/run.ts ${Object.keys(CAMPAIGNS).join(" | ")} [--seed N]`);
  process.exit(64);
}
for (const step of campaign) {
  console.log(`${step.test}  ${JSON.stringify(step.env)}`);
  const code = await runStep(step);
  if (code !== 0) process.exit(code ?? 1);
}

function runStep({ project, test, env }: Step): Promise<number | null> {
  const args = ["node_modules/vitest/vitest.mjs", "run", "--project", project, test];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...env } });
  return new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
}
