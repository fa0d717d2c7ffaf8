/**
 * What the locks of the door cost: `POST /v1/orders` with keys, quotas, limits, checks and canonical forms beside the
 * same route without any, by turns, so that whatever else the machine does meets both alike.
 */
import { join } from "node:path";
import { changeKeysFile, makeApiKey } from "@kith/service-kit";
import { startLimit } from "../../limits/start-limit.ts";
import { driveHttp } from "../../load/drive-http.ts";
import type { BenchRun } from "../../measure/bench-run.ts";
import { deploy } from "../../measure/deployment.ts";
import { startProcessorClock } from "../../measure/processor-time.ts";
import { formatNumber, toResult } from "../../measure/result.ts";
import { awaitService, startService } from "../../measure/services.ts";
import type { BenchStack } from "../../measure/stack.ts";

const SEED = 31_337;
const CONNECTIONS = 64;
const TURNS = 4;
const OF_BARE = 0.85;
/** Counted, but never reached. */
const NO_QUOTA = "1000000";

type Route = { readonly name: string; readonly url: string; readonly pid: number; readonly apiKey?: string };
type Sum = { requests: number; perSecond: number[]; processorSeconds: number };

export async function measureLocks(run: BenchRun, stack: BenchStack): Promise<void> {
  const deployment = await deploy(run, stack, "http_locks");
  const { apiKey, file } = await makeKey(run);
  const bare = await startLimit(run, "bare-orders", deployment.env);
  const ingress = await startService(run, deployment, "ingress", {
    env: { API_KEYS_FILE: file, QUERY_API_KEY: apiKey, KEY_ORDERS_PER_SECOND: NO_QUOTA },
  });
  await awaitService(ingress);

  const routes: readonly Route[] = [
    { name: "bare", url: `${bare.url}v1/orders`, pid: bare.pid },
    { name: "full", url: `${ingress.url}/v1/orders`, pid: ingress.pid, apiKey },
  ];
  const sums = new Map(routes.map(({ name }) => [name, { requests: 0, perSecond: [], processorSeconds: 0 } as Sum]));
  for (let turn = 0; turn <= TURNS; turn++) {
    // The first turn compiles what is hot.
    for (const route of routes) await takeTurn(run, route, turn === 0 ? undefined : sums.get(route.name));
  }
  report(run, sums.get("bare")!, sums.get("full")!);
  await ingress.stop();
  await bare.stop();
  await deployment.close();
}

async function takeTurn(run: BenchRun, { url, pid, apiKey }: Route, sum: Sum | undefined): Promise<void> {
  const processor = startProcessorClock({ it: pid });
  const figures = await driveHttp(run, {
    url,
    kind: "order",
    people: { seed: SEED, mix: "mixed", known: 0, newAt: 0 },
    itemsPerRequest: 1,
    connections: CONNECTIONS,
    warmUpMs: 500,
    durationMs: run.isQuick ? 2_500 : 10_000,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  if (Object.keys(figures.statuses).join() !== "202") throw new Error(`answers: ${JSON.stringify(figures.statuses)}`);
  if (sum === undefined) return;
  sum.requests += figures.itemsInAll;
  sum.perSecond.push(figures.requestsPerSecond);
  sum.processorSeconds += processor.seconds().get("it") ?? 0;
}

function report(run: BenchRun, bare: Sum, full: Sum): void {
  const [bareRate, fullRate] = [mean(bare.perSecond), mean(full.perSecond)];
  const [bareCost, fullCost] = [bare, full].map((sum) => (sum.processorSeconds * 1e6) / sum.requests) as [
    number,
    number,
  ];
  run.say(`locks: bare ${formatNumber(bareRate)}/s at ${formatNumber(bareCost)} µs, by turns ${turnsOf(bare)}`);
  run.say(`locks: full ${formatNumber(fullRate)}/s at ${formatNumber(fullCost)} µs, by turns ${turnsOf(full)}`);
  const target = { ofLimit: OF_BARE };
  run.report(
    toResult({ case: "locks, all against none", figure: fullRate, unit: "orders/s", limit: bareRate, target }),
  );
  run.report(toResult({ case: "locks, processor time with none", figure: bareCost, unit: "µs each" }));
  run.report(toResult({ case: "locks, processor time with all", figure: fullCost, unit: "µs each" }));
  // A machine that is not busy all the time hides in the rate what it shows here.
  const share = { case: "locks, processor time with none against all", figure: bareCost / fullCost, unit: "of one" };
  run.report(toResult({ ...share, target: { atLeast: OF_BARE } }));
}

async function makeKey(run: BenchRun): Promise<{ apiKey: string; file: string }> {
  const file = join(run.folder, "keys.json");
  const { id, token, salt, hash } = makeApiKey();
  const createdAt = new Date().toISOString();
  await changeKeysFile(file, () => [{ id, name: "bench", scopes: ["ingest"], salt, hash, createdAt }]);
  return { apiKey: token, file };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function turnsOf({ perSecond }: Sum): string {
  return perSecond.map((rate) => formatNumber(Math.round(rate))).join(", ");
}
