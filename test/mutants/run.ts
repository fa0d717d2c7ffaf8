/**
 * `pnpm test:mutants`: puts each mutant into a copy of the repository and runs the tests that should catch it. Prints
 * which test did; fails if one goes uncaught, or if the tests fail without a mutant.
 */
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MUTANTS, type Mutant } from "./mutants.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Not part of the copy; third-party packages and Kafka's programs are shared with it. */
const LEFT_OUT = new Set([".git", ".kith", "results"]);
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
  await rm(copy, { recursive: true, force: true });
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
    const originals = await apply(mutant);
    const { failed, isClean } = await runTests(mutant.project, mutant.tests);
    for (const [file, text] of originals) await writeFile(file, text);
    const isCaught = failed.length > 0 || !isClean;
    if (isCaught) caught += 1;
    console.log(`${isCaught ? "caught  " : "SURVIVED"}  ${mutant.name}: ${mutant.harm}`);
    for (const test of failed.slice(0, CAUGHT_SHOWN_MAX)) console.log(`            by "${test}"`);
    if (failed.length > CAUGHT_SHOWN_MAX) console.log(`            and ${failed.length - CAUGHT_SHOWN_MAX} more`);
  }
  console.log(`${caught} of ${MUTANTS.length} mutants caught`);
  return caught === MUTANTS.length;
}

/** The links of the workspace are relative, so in the copy they lead to the copy's packages. */
async function makeCopy(): Promise<string> {
  const target = await mkdtemp(join(tmpdir(), "kith-mutants-"));
  await cp(ROOT, target, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => source !== join(ROOT, "node_modules") && !LEFT_OUT.has(basename(source)),
  });
  await symlink(join(ROOT, "node_modules"), join(target, "node_modules"));
  await mkdir(join(target, ".kith"));
  await symlink(join(ROOT, ".kith", "kafka-jars"), join(target, ".kith", "kafka-jars"));
  return target;
}

async function apply(mutant: Mutant): Promise<Map<string, string>> {
  const originals = new Map<string, string>();
  for (const { file, from, to } of mutant.patches) {
    const path = join(copy, file);
    const text = await readFile(path, "utf8");
    if (text.split(from).length !== 2) throw new Error(`mutant "${mutant.name}": its text is not once in ${file}`);
    if (!originals.has(path)) originals.set(path, text);
    await writeFile(
      path,
      text.replace(from, () => to),
    );
  }
  return originals;
}

async function runTests(project: string, files: readonly string[]): Promise<{ failed: string[]; isClean: boolean }> {
  const report = join(copy, ".kith", "report.json");
  await rm(report, { force: true });
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "--project", project, "--reporter=json", `--outputFile=${report}`, ...files];
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child = spawn(process.execPath, args, { cwd: copy, stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const { testResults } = JSON.parse(await readFile(report, "utf8")) as TestReport;
  const failed = testResults.flatMap((file) =>
    file.assertionResults.filter((one) => one.status === "failed").map((one) => one.fullName.trim()),
  );
  return { failed, isClean: exitCode === 0 };
}
