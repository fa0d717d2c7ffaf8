/** The classic synchronous call: rate and latency by the number of connections, and at a fixed rate. */
import { topicNames } from "@kith/contracts";
import { startLimit } from "../limits/start-limit.ts";
import { describeFigures, driveHttp } from "../load/drive-http.ts";
import type { HttpFigures, HttpLoad } from "../load/http-load.ts";
import type { BenchRun } from "../measure/bench-run.ts";
import { deploy } from "../measure/deployment.ts";
import { sampleMemory } from "../measure/memory.ts";
import { prefill } from "../measure/prefill.ts";
import { startProcessorClock } from "../measure/processor-time.ts";
import { reportMemory } from "../measure/report-memory.ts";
import { reportBusiest, reportProcessorTime } from "../measure/report-processor-time.ts";
import { formatNumber, type Target, toResult } from "../measure/result.ts";
import { startServices } from "../measure/services.ts";
import { type BenchStack, startStack } from "../measure/stack.ts";
import { startStatementProfile } from "../measure/statement-profile.ts";

const SEED = 40_961;
/** Each load takes its new identifiers from a range of its own. */
const NEW_IDS_PER_LOAD = 2_000_000;
const NEW_IDS_FROM = 10_000_000;
const OPEN_LOOP_PER_SECOND = 500;
const OPEN_LOOP_CONNECTIONS = 128;
const OF_EMPTY = 0.8;

type LoadCase = { name: string; connections: number; requestsPerSecond?: number };
type Targets = { rate?: Target; p50?: Target; p99?: Target };

const CASES: readonly LoadCase[] = [
  { name: "c=1", connections: 1 },
  { name: "c=64", connections: 64 },
  { name: "c=256", connections: 256 },
  { name: "500 rps", connections: OPEN_LOOP_CONNECTIONS, requestsPerSecond: OPEN_LOOP_PER_SECOND },
];
const TARGETS: Readonly<Record<string, Targets>> = {
  "c=1": { p50: { atMost: 8 } },
  "c=64": { rate: { atLeast: 5_000 } },
  "c=256": { rate: { atLeast: 8_000 } },
  "500 rps": { p99: { atMost: 50 } },
};

export async function identify(run: BenchRun): Promise<void> {
  const stack = await startStack(run);
  const limits = await measureLimits(run, stack);
  const empty = await measureState(run, stack, limits, { name: "empty", known: 0, targets: TARGETS });
  const known = run.isQuick ? 100_000 : 1_000_000;
  const targets = Object.fromEntries(
    CASES.map(({ name, requestsPerSecond }) => {
      const rate = { atLeast: OF_EMPTY * (empty.get(name)?.requestsPerSecond ?? 0) };
      return [name, { ...TARGETS[name], ...(requestsPerSecond === undefined && { rate }) }];
    }),
  );
  await measureState(run, stack, limits, { name: `${formatNumber(known)} contacts`, known, targets });
}

/** The same loads against bare Fastify and KafkaJS, produce to consume, without a database. */
async function measureLimits(run: BenchRun, stack: BenchStack): Promise<Map<string, HttpFigures>> {
  const { topicPrefix, close } = await deploy(run, stack, "identify_limit");
  const limit = await startLimit(run, "log-round-trip", {
    KAFKA_BROKERS: stack.brokers,
    TOPIC: topicNames(topicPrefix).orderIdentity,
    MODE: "round-trip",
  });
  const figures = new Map<string, HttpFigures>();
  for (const loadCase of CASES.filter(({ name }) => run.wants(name))) {
    const measured = await driveHttp(run, toLoad(run, limit.url, loadCase, figures.size, 0));
    run.say(`limit, ${loadCase.name}: ${describeFigures(measured)}`);
    figures.set(loadCase.name, measured);
  }
  await limit.stop();
  await close();
  return figures;
}

async function measureState(
  run: BenchRun,
  stack: BenchStack,
  limits: ReadonlyMap<string, HttpFigures>,
  state: { name: string; known: number; targets: Readonly<Record<string, Targets>> },
): Promise<Map<string, HttpFigures>> {
  const deployment = await deploy(run, stack, `identify_${state.known}`);
  if (state.known > 0) await prefill(run, deployment, SEED, state.known);
  const { ingress, query, reconciler } = await startServices(run, deployment);
  const pids = { ingress: ingress.pid, query: query.pid, reconciler: reconciler.pid, ...stack.pids };
  const memory = sampleMemory(pids);
  const figures = new Map<string, HttpFigures>();
  for (const loadCase of CASES.filter(({ name }) => run.wants(name))) {
    const load = toLoad(run, `${ingress.url}/api/identify`, loadCase, figures.size, state.known);
    const name = `${state.name}, ${loadCase.name}`;
    const statements = await startStatementProfile(run, deployment.db);
    const processor = startProcessorClock(pids);
    const measured = await driveHttp(run, load);
    const services = reportProcessorTime(run, name, processor.seconds(), measured.itemsInAll);
    if (loadCase.requestsPerSecond === undefined) {
      const loadGenerator = (measured.cpuShare * 1e6) / measured.requestsPerSecond;
      reportBusiest(run, name, services + loadGenerator, "rps");
    }
    await statements.tell(measured.itemsInAll);
    run.say(`${name}: ${describeFigures(measured)}`);
    figures.set(loadCase.name, measured);
    report(run, name, measured, limits.get(loadCase.name)!, state.targets[loadCase.name]!);
  }
  reportMemory(run, state.name, memory.stop());
  for (const service of [ingress, query, reconciler]) await service.stop();
  await deployment.close();
  return figures;
}

function report(run: BenchRun, name: string, figures: HttpFigures, limit: HttpFigures, targets: Targets): void {
  const { rate, p50, p99 } = targets;
  const all = Object.values(figures.statuses).reduce((sum, count) => sum + count, 0);
  const notOk = all - (figures.statuses["200"] ?? 0);
  const rows = [
    { what: "rate", unit: "rps", key: "requestsPerSecond", target: rate },
    { what: "p50", unit: "ms", key: "p50Ms", target: p50 },
    { what: "p99", unit: "ms", key: "p99Ms", target: p99 },
  ] as const;
  for (const { what, unit, key, target } of rows) {
    const measured = { case: `${name}, ${what}`, figure: figures[key], unit, limit: limit[key] };
    run.report(toResult({ ...measured, ...(target && { target }) }));
  }
  run.report(toResult({ case: `${name}, not 200`, figure: notOk, unit: "answers", target: { atMost: 0 } }));
  run.report(toResult({ case: `${name}, load generator`, figure: figures.cpuShare, unit: "cores" }));
}

function toLoad(run: BenchRun, url: string, loadCase: LoadCase, index: number, known: number): HttpLoad {
  const { connections, requestsPerSecond } = loadCase;
  return {
    url,
    kind: "identify",
    people: { seed: SEED, mix: "mixed", known, newAt: NEW_IDS_FROM + index * NEW_IDS_PER_LOAD },
    itemsPerRequest: 1,
    connections,
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
    warmUpMs: run.isQuick ? 5_000 : 20_000,
    durationMs: run.isQuick ? 4_000 : 20_000,
  };
}
