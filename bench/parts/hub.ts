/** One identity that grows without end: an email with tens of thousands of phones. And a chain, settled at once. */
import { fillLog } from "../load/fill-log.ts";
import { emailText } from "../load/identifier-texts.ts";
import { createLatencies } from "../load/latencies.ts";
import type { Pair } from "../load/people.ts";
import type { BenchRun } from "../measure/bench-run.ts";
import { type Deployment, deploy } from "../measure/deployment.ts";
import { drainBacklog } from "../measure/drain-backlog.ts";
import { reportMemory } from "../measure/report-memory.ts";
import { toResult } from "../measure/result.ts";
import { awaitService, startService } from "../measure/services.ts";
import { startStack } from "../measure/stack.ts";

const BATCH_MS_MAX = 1_000;
const LOOKUP_MS_MAX = 20;
const CHAIN_LINKS = 5_000;

export async function hub(run: BenchRun): Promise<void> {
  const size = run.isQuick ? 5_000 : 50_000;
  const stack = await startStack(run);

  const star = await deploy(run, stack, "hub_star");
  await measureGrowth(run, star, "hub", size, (i) => ({ emailId: 0, phoneId: i }));
  await measureLookups(run, star);
  await star.close();

  const chain = await deploy(run, stack, "hub_chain");
  await measureGrowth(run, chain, "chain", CHAIN_LINKS, (i) => ({ emailId: i >> 1, phoneId: (i + 1) >> 1 }));
  await chain.close();
}

/** Drains the links of one identity and reports the longest batch, as the reconciler itself has measured it. */
async function measureGrowth(
  run: BenchRun,
  deployment: Deployment,
  name: string,
  links: number,
  linkOf: (i: number) => Pair,
): Promise<void> {
  let next = 0;
  await fillLog({ deployment, count: links, next: () => linkOf(next++), name });
  const batchMs: number[] = [];
  const { perSecond, memory } = await drainBacklog(run, deployment, {
    env: { LOG_LEVEL: "debug" },
    onLine: (line) => {
      const durationMs = batchDuration(line);
      if (durationMs !== undefined) batchMs.push(durationMs);
    },
  });
  if (batchMs.length === 0) throw new Error("the reconciler has told of no batch");
  const longest = Math.max(...batchMs);
  run.say(`${name} of ${links}: ${batchMs.length} batches, the longest ${longest} ms`);
  run.report(
    toResult({ case: `${name}, longest batch`, figure: longest, unit: "ms", target: { atMost: BATCH_MS_MAX } }),
  );
  run.report(toResult({ case: `${name}, growing`, figure: perSecond, unit: "observations/s" }));
  reportMemory(run, name, memory);
}

function batchDuration(line: string): number | undefined {
  if (!line.includes('"batch settled"')) return undefined;
  return (JSON.parse(line) as { durationMs: number }).durationMs;
}

async function measureLookups(run: BenchRun, deployment: Deployment): Promise<void> {
  const query = await startService(run, deployment, "query");
  await awaitService(query);
  const latencies = createLatencies();
  const lookups = run.isQuick ? 200 : 2_000;
  for (let i = 0; i < lookups; i++) {
    const startedAtMs = performance.now();
    const response = await fetch(`${query.url}/v1/contacts/lookup`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: emailText(0) }),
    });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`a lookup of the hub was answered with ${response.status}`);
    // The first ones open connections and compile.
    if (i >= lookups / 10) latencies.add(performance.now() - startedAtMs);
  }
  run.report(toResult({ case: "lookup of the hub, p50", figure: latencies.percentile(0.5), unit: "ms" }));
  const target = { atMost: LOOKUP_MS_MAX };
  run.report(toResult({ case: "lookup of the hub, p99", figure: latencies.percentile(0.99), unit: "ms", target }));
  await query.stop();
}
