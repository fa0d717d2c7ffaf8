/** Lookups: one at a time against a bare indexed select, and in batches. */
import { startLimit } from "../limits/start-limit.ts";
import { describeFigures, driveHttp } from "../load/drive-http.ts";
import type { HttpLoad } from "../load/http-load.ts";
import type { BenchRun } from "../measure/bench-run.ts";
import { deploy } from "../measure/deployment.ts";
import { sampleMemory } from "../measure/memory.ts";
import { prefill } from "../measure/prefill.ts";
import { startProcessorClock } from "../measure/processor-time.ts";
import { reportMemory } from "../measure/report-memory.ts";
import { reportProcessorTime } from "../measure/report-processor-time.ts";
import { toResult } from "../measure/result.ts";
import { awaitService, startService } from "../measure/services.ts";
import { startStack } from "../measure/stack.ts";

const SEED = 7_907;
const CONNECTIONS = 64;
const BATCH_CONNECTIONS = 4;
const BATCH_ITEMS = 1_000;

export async function lookup(run: BenchRun): Promise<void> {
  const known = run.isQuick ? 100_000 : 1_000_000;
  const stack = await startStack(run);
  const deployment = await deploy(run, stack, "lookup");
  await prefill(run, deployment, SEED, known);

  const load = (url: string, part: Pick<HttpLoad, "kind" | "itemsPerRequest" | "connections">): HttpLoad => ({
    url,
    ...part,
    people: { seed: SEED, mix: "all-returning", known, newAt: 0 },
    warmUpMs: run.isQuick ? 1_000 : 5_000,
    durationMs: run.isQuick ? 4_000 : 20_000,
  });
  const single = { kind: "lookup", itemsPerRequest: 1, connections: CONNECTIONS } as const;
  const select = await startLimit(run, "indexed-select", { DATABASE_URL: deployment.databaseUrl });
  const limit = await driveHttp(run, load(select.url, single));
  run.say(`limit: ${describeFigures(limit)}`);
  await select.stop();

  const query = await startService(run, deployment, "query");
  await awaitService(query);
  const pids = { query: query.pid, postgres: stack.pids.postgres };
  const memory = sampleMemory({ query: query.pid, ...stack.pids });
  let processor = startProcessorClock(pids);
  const figures = await driveHttp(run, load(`${query.url}/v1/contacts/lookup`, single));
  run.say(`single: ${describeFigures(figures)}`);
  const target = { ofLimit: 0.7 };
  const limitRate = limit.requestsPerSecond;
  run.report(
    toResult({ case: "single, c=64", figure: figures.requestsPerSecond, unit: "rps", limit: limitRate, target }),
  );
  run.report(toResult({ case: "single, p50", figure: figures.p50Ms, unit: "ms", limit: limit.p50Ms }));
  run.report(toResult({ case: "single, p99", figure: figures.p99Ms, unit: "ms", limit: limit.p99Ms }));
  run.report(toResult({ case: "single, load generator", figure: figures.cpuShare, unit: "cores" }));
  reportProcessorTime(run, "single", processor.seconds(), figures.itemsInAll);

  const batches = { kind: "lookup-batch", itemsPerRequest: BATCH_ITEMS, connections: BATCH_CONNECTIONS } as const;
  processor = startProcessorClock(pids);
  const batch = await driveHttp(run, load(`${query.url}/v1/contacts/lookup/batch`, batches));
  run.say(`batches of ${BATCH_ITEMS}: ${describeFigures(batch)}`);
  const perSecond = batch.requestsPerSecond * BATCH_ITEMS;
  run.report(
    toResult({ case: "batch of 1,000", figure: perSecond, unit: "identifiers/s", target: { atLeast: 50_000 } }),
  );
  run.report(toResult({ case: "batch of 1,000, p99", figure: batch.p99Ms, unit: "ms" }));
  reportProcessorTime(run, "batch of 1,000", processor.seconds(), batch.itemsInAll);
  reportMemory(run, "all", memory.stop());
}
