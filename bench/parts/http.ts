/**
 * Orders from HTTP to relayed `identity.resolved`, sustained: single requests, and batches. Before them, what the locks
 * of the door cost, and how soon a batch that comes alone is answered.
 */
import { setTimeout as delay } from "node:timers/promises";
import { topicNames } from "@kith/contracts";
import { startLimit } from "../limits/start-limit.ts";
import { describeFigures, driveHttp } from "../load/drive-http.ts";
import { fillLog } from "../load/fill-log.ts";
import type { HttpFigures, HttpLoad } from "../load/http-load.ts";
import { createPeople } from "../load/people.ts";
import type { BenchRun } from "../measure/bench-run.ts";
import { type Deployment, deploy } from "../measure/deployment.ts";
import { sampleMemory } from "../measure/memory.ts";
import { startProcessorClock } from "../measure/processor-time.ts";
import { countLogged, countSettled, isRelayIdle } from "../measure/progress.ts";
import { reportMemory } from "../measure/report-memory.ts";
import { reportProcessorTime } from "../measure/report-processor-time.ts";
import { formatNumber, toResult } from "../measure/result.ts";
import { type ServiceProcess, startServices } from "../measure/services.ts";
import { type BenchStack, startStack } from "../measure/stack.ts";
import { measureIdleBatch } from "./http/idle-batch.ts";
import { measureLocks } from "./http/locks.ts";

const SEED = 31_337;
const UNIT = "orders/s";
const LIMIT_RECORDS = 200_000;
const LAG_EVERY_MS = 500;
/** The lag is bounded if what is left at the end is settled and relayed in this time. */
const TAIL_SECONDS_MAX = 2;

type HttpCase = Pick<HttpLoad, "kind" | "itemsPerRequest" | "connections" | "requestsPerSecond"> & {
  readonly name: string;
  readonly path: string;
  readonly atLeast: number;
};

const CASES: readonly HttpCase[] = [
  { name: "single", kind: "order", path: "/v1/orders", itemsPerRequest: 1, connections: 256, atLeast: 10_000 },
  {
    name: "batch",
    kind: "order-batch",
    path: "/v1/orders/batch",
    itemsPerRequest: 500,
    connections: 4,
    atLeast: 20_000,
  },
  // As fast as they are taken, as above, orders come faster than they can be settled on one machine. At a rate a little
  // above the target it shows whether that rate can be held.
  {
    name: "batches at 20,500/s",
    kind: "order-batch",
    path: "/v1/orders/batch",
    itemsPerRequest: 500,
    connections: 64,
    requestsPerSecond: 41,
    atLeast: 20_000,
  },
];

export async function http(run: BenchRun): Promise<void> {
  const stack = await startStack(run);
  if (run.wants("locks")) await measureLocks(run, stack);
  if (run.wants("idle-batch")) await measureIdleBatch(run, stack);
  for (const httpCase of CASES.filter(({ name }) => run.wants(name))) {
    const limit = await (httpCase.kind === "order" ? measureProduce(run, stack, httpCase) : measureFill(run, stack));
    run.say(`limit, ${httpCase.name}: ${formatNumber(limit)} ${UNIT}`);
    const deployment = await deploy(run, stack, `http_${httpCase.name.replaceAll(/[^a-z0-9]/g, "_")}`);
    await measureCase(run, stack, deployment, httpCase, limit);
    await deployment.close();
  }
}

async function measureCase(
  run: BenchRun,
  stack: BenchStack,
  deployment: Deployment,
  httpCase: HttpCase,
  limit: number,
): Promise<void> {
  const { ingress, query, reconciler } = await startServices(run, deployment);
  const pids = { ingress: ingress.pid, query: query.pid, reconciler: reconciler.pid, ...stack.pids };
  const memory = sampleMemory(pids);
  const processor = startProcessorClock(pids);
  const lag = watchLag(query);
  const figures = await driveHttp(run, toLoad(run, `${ingress.url}${httpCase.path}`, httpCase));
  const endedAtMs = Date.now();
  const greatestLag = lag.stop();
  const logged = await countLogged(deployment);
  while ((await countSettled(deployment)) < logged || !(await isRelayIdle(deployment))) await delay(20);
  const tailSeconds = (Date.now() - endedAtMs) / 1_000;
  const perSecond = figures.itemsInAll / ((Date.now() - figures.startedAtMs) / 1_000);

  run.say(`${httpCase.name}: ${formatNumber(perSecond)} ${UNIT} to identity.resolved; ${describeFigures(figures)}`);
  const target = { atLeast: httpCase.atLeast };
  run.report(toResult({ case: httpCase.name, figure: perSecond, unit: UNIT, limit, target }));
  run.report(toResult({ case: `${httpCase.name}, p50 of a request`, figure: figures.p50Ms, unit: "ms" }));
  run.report(toResult({ case: `${httpCase.name}, p99 of a request`, figure: figures.p99Ms, unit: "ms" }));
  run.report(toResult({ case: `${httpCase.name}, greatest lag`, figure: greatestLag, unit: "orders" }));
  const bound = { atMost: TAIL_SECONDS_MAX };
  run.report(
    toResult({ case: `${httpCase.name}, time to catch up at the end`, figure: tailSeconds, unit: "s", target: bound }),
  );
  run.report(toResult({ case: `${httpCase.name}, refused`, figure: refused(figures), unit: "requests" }));
  run.report(toResult({ case: `${httpCase.name}, load generator`, figure: figures.cpuShare, unit: "cores" }));
  reportProcessorTime(run, httpCase.name, processor.seconds(), figures.itemsInAll);
  reportMemory(run, httpCase.name, memory.stop());
  for (const service of [ingress, query, reconciler]) await service.stop();
}

/** Bare Fastify and KafkaJS: 202 after the acknowledgement, and nothing behind it. */
async function measureProduce(run: BenchRun, stack: BenchStack, httpCase: HttpCase): Promise<number> {
  const { topicPrefix, close } = await deploy(run, stack, "http_limit_single");
  const env = { KAFKA_BROKERS: stack.brokers, TOPIC: topicNames(topicPrefix).orderIdentity, MODE: "produce" };
  const limit = await startLimit(run, "log-round-trip", env);
  // The limit program answers 200, as `identify` does.
  const figures = await driveHttp(run, { ...toLoad(run, limit.url, httpCase), kind: "identify" });
  await limit.stop();
  await close();
  return figures.requestsPerSecond;
}

/** The publisher alone: no HTTP before it and no reconciler behind it. */
async function measureFill(run: BenchRun, stack: BenchStack): Promise<number> {
  const deployment = await deploy(run, stack, "http_limit_batch");
  const people = createPeople(SEED);
  const perSecond = await fillLog({ deployment, count: LIMIT_RECORDS, next: () => people.next("mixed"), name: "fill" });
  await deployment.close();
  return perSecond;
}

function watchLag(query: ServiceProcess): { stop(): number } {
  let greatest = 0;
  const timer = setInterval(async () => {
    try {
      const response = await fetch(`${query.url}/v1/progress`, { signal: AbortSignal.timeout(2_000) });
      greatest = Math.max(greatest, ((await response.json()) as { lag: number }).lag);
    } catch (error) {
      // One look that came too late under load is no reason to end the run.
      if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
    }
  }, LAG_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return greatest;
    },
  };
}

function refused({ statuses }: HttpFigures): number {
  return Object.entries(statuses)
    .filter(([status]) => !status.startsWith("2"))
    .reduce((sum, [, count]) => sum + count, 0);
}

function toLoad(run: BenchRun, url: string, httpCase: HttpCase): HttpLoad {
  const { kind, itemsPerRequest, connections, requestsPerSecond } = httpCase;
  return {
    url,
    kind,
    people: { seed: SEED, mix: "mixed", known: 0, newAt: 0 },
    itemsPerRequest,
    connections,
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    warmUpMs: run.isQuick ? 1_000 : 5_000,
    durationMs: run.isQuick ? 10_000 : 60_000,
  };
}
