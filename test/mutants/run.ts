/**
 * `pnpm test:mutants`: puts each mutant into a copy of the repository and runs the tests that should catch it. Prints
 * which test did; fails if one goes uncaught, or if the tests fail without a mutant.
 */
import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "@kith/devstack";
import { makeCopy } from "./copy.ts";
import { MUTANTS } from "./mutants.ts";

const CAUGHT_SHOWN_MAX = 2;

type TestReport = {
  testResults: { assertionResults: { status: string; fullName: string }[]; message?: string; status: string }[];
};

const copy = await makeCopy();
let child: ReturnType<typeof spawn> | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => child?.kill("SIGTERM"));
try {
  process.exitCode = (await runAll()) ? 0 : 1;
} finally {
  await copy.remove();
}

async function runAll(): Promise<boolean> {
  const healthy = await runTests("int", [
    ...new Set(MUTANTS.filter((one) => one.project === "int").flatMap((one) => one.tests)),
  ]);
  if (healthy.failed.length > 0 || !healthy.isClean) {
    console.error("The tests fail without any mutant:", healthy.failed.join("; "));
    return false;
  }
  let caught = 0;
  for (const mutant of MUTANTS) {
    const { failed, isClean } = await copy.withMutant(mutant, () => runTests(mutant.project, mutant.tests));
    const isCaught = failed.length > 0 || !isClean;
    if (isCaught) caught += 1;
    console.log(`${isCaught ? "caught  " : "SURVIVED"}  ${mutant.name}: ${mutant.harm}`);
    for (const test of failed.slice(0, CAUGHT_SHOWN_MAX)) console.log(`            by "${test}"`);
    if (failed.length > CAUGHT_SHOWN_MAX) console.log(`            and ${failed.length - CAUGHT_SHOWN_MAX} more`);
  }
  console.log(`${caught} of ${MUTANTS.length} mutants caught`);
  return caught === MUTANTS.length;
}

async function runTests(project: string, files: readonly string[]): Promise<{ failed: string[]; isClean: boolean }> {
  const report = join(copy.folder, ".kith", "report.json");
  await rm(report, { force: true });
  const vitest = join(repositoryRoot, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "--project", project, "--reporter=json", `--outputFile=${report}`, ...files];
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child = spawn(process.execPath, args, { cwd: copy.folder, stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const { testResults } = JSON.parse(await readFile(report, "utf8")) as TestReport;
  const failed = testResults.flatMap((file) =>
    file.assertionResults.filter((one) => one.status === "failed").map((one) => one.fullName.trim()),
  );
  return { failed, isClean: exitCode === 0 };
}
