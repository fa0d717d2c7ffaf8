/**
 * What it takes to look the state over and to make it anew: `kith verify` and `kith rebuild`, each as an operator runs
 * it, on a deployment of mixed orders. Nothing else is asked of it meanwhile.
 */
import { join } from "node:path";
import { repositoryRoot } from "@kith/devstack";
import { serviceNodeFlags } from "@kith/service-kit";
import { fillLog } from "../load/fill-log.ts";
import { createPeople } from "../load/people.ts";
import type { BenchRun } from "../measure/bench-run.ts";
import { startChild } from "../measure/child.ts";
import { type Deployment, deploy } from "../measure/deployment.ts";
import { drainBacklog } from "../measure/drain-backlog.ts";
import { sampleMemory } from "../measure/memory.ts";
import { childrenOf } from "../measure/proc.ts";
import { MEMORY_UNIT, SERVICE_MEMORY_MB_MAX } from "../measure/report-memory.ts";
import { formatNumber, toResult } from "../measure/result.ts";
import { startStack } from "../measure/stack.ts";

const SEED = 4_271;
const KITH = join(repositoryRoot, "packages/cli/src/main.ts");
const LOOK_EVERY_MS = 50;

const COMMANDS: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: "verify", args: ["verify"] },
  { name: "verify --resolved", args: ["verify", "--resolved"] },
  { name: "rebuild --from evidence", args: ["rebuild", "--from", "evidence", "--into", "kith_from_evidence"] },
  { name: "rebuild --from log", args: ["rebuild", "--from", "log", "--into", "kith_from_log"] },
];

export async function rebuild(run: BenchRun): Promise<void> {
  const count = run.isQuick ? 100_000 : 1_000_000;
  const stack = await startStack(run);
  const deployment = await deploy(run, stack, "rebuild");
  const people = createPeople(SEED);
  await fillLog({ deployment, count, next: () => people.next("mixed"), name: "mixed" });
  await drainBacklog(run, deployment, {});
  run.say(`${formatNumber(count)} mixed orders are settled`);
  for (const command of COMMANDS) if (run.wants(command.name)) await measure(run, deployment, command, count);
  await deployment.close();
}

async function measure(
  run: BenchRun,
  { env }: Deployment,
  { name, args }: (typeof COMMANDS)[number],
  orders: number,
): Promise<void> {
  const startedAtMs = performance.now();
  const child = startChild(run, { name: `kith-${args[0]}`, script: KITH, args, env, nodeArgs: serviceNodeFlags });
  const memory = sampleMemory({ command: child.pid });
  // A replay is a process of its own, which the command starts when it comes to it.
  let replayMemory: ReturnType<typeof sampleMemory> | undefined;
  const look = setInterval(() => {
    const [replay] = childrenOf(child.pid);
    if (replay !== undefined) replayMemory ??= sampleMemory({ replay });
  }, LOOK_EVERY_MS);
  await child.exited;
  clearInterval(look);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const end = child.howItEnded();
  if (end !== "exit code 0") throw new Error(`kith ${name}: ${end}:\n${await child.logEnd()}`);

  run.say(`${name}: ${seconds.toFixed(1)} s, ${formatNumber(orders / seconds)} orders a second`);
  run.report(toResult({ case: `${name}, of ${formatNumber(orders)} orders`, figure: seconds, unit: "s" }));
  const figures = [...memory.stop(), ...(replayMemory?.stop() ?? [])];
  const target = { atMost: SERVICE_MEMORY_MB_MAX };
  for (const [process, { peakMb }] of figures)
    run.report(toResult({ case: `${name}: ${process}`, figure: peakMb, unit: MEMORY_UNIT, target }));
}
