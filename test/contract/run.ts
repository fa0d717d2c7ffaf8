/**
 * `pnpm test:contract`: fuzzes the services by their published documents. Puts schemathesis into a Python environment of
 * its own under .kith/ the first time. `--examples N` for each route (100), `--seed N` (1).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kithFolder, repositoryRoot } from "@kith/devstack";

const VERSION = "4.32.5";

const { values } = parseArgs({ options: { examples: { type: "string" }, seed: { type: "string" } } });
const folder = join(kithFolder, `schemathesis-${VERSION}`);
const program = join(folder, "bin/schemathesis");

if (!existsSync(program)) {
  console.log(`installing schemathesis ${VERSION} into ${folder}`);
  const python = process.env.PYTHON ?? "python3";
  execFileSync(python, ["-m", "venv", folder], { stdio: "inherit" });
  execFileSync(join(folder, "bin/pip"), ["install", "--quiet", `schemathesis==${VERSION}`], { stdio: "inherit" });
}
const vitest = join(repositoryRoot, "node_modules/vitest/vitest.mjs");
const args = [vitest, "run", "--project", "e2e", "test/contract/schemathesis.e2e.test.ts"];
const { status } = spawnSync(process.execPath, args, {
  cwd: repositoryRoot,
  stdio: "inherit",
  env: {
    ...process.env,
    SCHEMATHESIS: program,
    ...(values.examples !== undefined && { CONTRACT_EXAMPLES: values.examples }),
    ...(values.seed !== undefined && { CONTRACT_SEED: values.seed }),
  },
});
process.exitCode = status ?? 1;
