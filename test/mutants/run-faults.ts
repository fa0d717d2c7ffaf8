/**
 * `pnpm test:mutants:faults [NAME]`: puts each mutant that a run of the whole system can see into a copy of the
 * repository, and injects faults until the comparison finds something wrong. Fails if it finds nothing, or finds something
 * without a mutant.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { makeCopy } from "./copy.ts";
import { type FaultRun, MUTANTS } from "./mutants.ts";

const EXIT_VIOLATION = 1;
const HEALTHY: FaultRun = { classes: "F1,F3,F8,F9,F10", seed: 1, minutes: 0.5, faults: 6 };
const RATE = 800;

const asked = process.argv.slice(2).find((argument) => argument !== "--") ?? "";
const copy = await makeCopy();
let child: ReturnType<typeof spawn> | undefined;
let isInterrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    isInterrupted = true;
    child?.kill("SIGTERM");
  });
try {
  process.exitCode = (await runAll()) ? 0 : 1;
} finally {
  await copy.remove();
}

async function runAll(): Promise<boolean> {
  if (asked === "") {
    const healthy = await injectFaults(HEALTHY);
    console.log(`${healthy.exitCode === 0 ? "healthy   " : "FAILED    "} without a mutant: ${healthy.verdict}`);
    if (healthy.exitCode !== 0) return false;
  }
  let seen = 0;
  let caught = 0;
  for (const mutant of MUTANTS.filter(({ name }) => name.includes(asked))) {
    const { name, harm, faults } = mutant;
    if (typeof faults === "string") {
      console.log(`not seen   ${name}: ${faults}`);
      continue;
    }
    seen += 1;
    if (isInterrupted) return false;
    const { exitCode, verdict } = await copy.withMutant(mutant, () => injectFaults(faults));
    const isCaught = exitCode === EXIT_VIOLATION;
    if (isCaught) caught += 1;
    console.log(`${isCaught ? "caught    " : "SURVIVED  "} ${name}: ${harm}`);
    console.log(`             ${faults.classes}, seed ${faults.seed}: ${verdict}`);
  }
  console.log(`${caught} of ${seen} mutants caught by a run of the whole system`);
  return caught === seen;
}

/** The verdict is the first line of the table that says one. */
async function injectFaults({
  classes,
  seed,
  minutes,
  faults,
}: FaultRun): Promise<{ exitCode: number | null; verdict: string }> {
  const run = join(copy.folder, "test", "faults", "run.ts");
  const numbers = { "--seed": seed, "--minutes": minutes, "--faults": faults, "--rate": RATE };
  const args = [run, "--class", classes, ...Object.entries(numbers).flatMap(([name, n]) => [name, String(n)])];
  let output = "";
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child = spawn(process.execPath, args, { cwd: copy.folder, stdio: ["ignore", "pipe", "inherit"] });
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.once("error", reject);
    child.once("close", resolve);
  });
  const verdict = output.split("\n").find((line) => /^(0 lost|FAILED)/.test(line));
  return { exitCode, verdict: verdict ?? `ended with ${exitCode} and no verdict` };
}
