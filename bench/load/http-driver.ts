/**
 * The load generator: a process of its own over undici's clients, one per connection. It takes an HttpLoad as its
 * argument and prints HttpFigures as one line of JSON. It ends when its standard input does.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Client, type Dispatcher } from "undici";
import { type HttpFigures, type HttpLoad, SUCCESS } from "./http-load.ts";
import { createLatencies } from "./latencies.ts";
import { createRandom } from "./random.ts";
import { createBodies } from "./request-bodies.ts";

const REQUEST_LIMIT_MS = 40_000;
process.stdin.on("end", () => process.exit(1)).resume();
const load = JSON.parse(process.argv[2]!) as HttpLoad;
process.stdout.write(`${JSON.stringify(await drive(load))}\n`);
process.exit(0);

async function drive(load: HttpLoad): Promise<HttpFigures> {
  const { pathname, origin } = new URL(load.url);
  const nextBody = createBodies(load);
  const clients = Array.from(
    { length: load.connections },
    () => new Client(origin, { pipelining: 1, headersTimeout: REQUEST_LIMIT_MS, bodyTimeout: REQUEST_LIMIT_MS }),
  );
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (load.apiKey !== undefined) headers.authorization = `Bearer ${load.apiKey}`;
  const latencies = createLatencies();
  const statuses: Record<string, number> = {};
  const success = String(SUCCESS[load.kind]);
  const measureFromMs = performance.now() + load.warmUpMs;
  const endMs = measureFromMs + load.durationMs;
  let itemsInAll = 0;

  async function request(client: Client, startedAtMs: number): Promise<void> {
    const status = await send(client, { path: pathname, method: "POST", headers, body: nextBody() });
    const nowMs = performance.now();
    if (status === success) itemsInAll += load.itemsPerRequest;
    if (nowMs < measureFromMs || nowMs > endMs) return;
    statuses[status] = (statuses[status] ?? 0) + 1;
    latencies.add(nowMs - startedAtMs);
  }

  async function closedLoop(client: Client): Promise<void> {
    while (performance.now() < endMs) {
      await request(client, performance.now());
      if (load.pauseMs !== undefined) await delay(load.pauseMs);
    }
  }

  /** Arrivals of a Poisson process. Latency counts from the time a request was due, so a slow answer hides nothing. */
  async function openLoop(perSecond: number): Promise<void> {
    const random = createRandom(load.people.seed + 1);
    const free = [...clients];
    const underWay = new Set<Promise<void>>();
    const waiting: number[] = [];
    const start = (client: Client, dueMs: number) => {
      const done = request(client, dueMs).finally(() => {
        underWay.delete(done);
        const next = waiting.shift();
        if (next === undefined) free.push(client);
        else start(client, next);
      });
      underWay.add(done);
    };
    let dueMs = performance.now();
    while (dueMs < endMs) {
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await delay(waitMs);
      const client = free.pop();
      if (client === undefined) waiting.push(dueMs);
      else start(client, dueMs);
      dueMs += (-Math.log(1 - random.next()) / perSecond) * 1_000;
    }
    while (underWay.size > 0) await Promise.all(underWay);
  }

  const cpuAtStart = process.cpuUsage();
  const startedAtMs = performance.now();
  if (load.requestsPerSecond === undefined) await Promise.all(clients.map(closedLoop));
  else await openLoop(load.requestsPerSecond);
  const { user, system } = process.cpuUsage(cpuAtStart);
  const cpuShare = (user + system) / 1_000 / (performance.now() - startedAtMs);
  await Promise.all(clients.map((client) => client.close()));
  return {
    startedAtMs: performance.timeOrigin + startedAtMs,
    requestsPerSecond: (statuses[success] ?? 0) / (load.durationMs / 1_000),
    p50Ms: latencies.percentile(0.5),
    p99Ms: latencies.percentile(0.99),
    maxMs: latencies.percentile(1),
    statuses,
    itemsInAll,
    cpuShare,
  };
}

/** Answers the status as text; `error` where there was none. The body is read to its end and thrown away. */
function send(client: Client, options: Dispatcher.DispatchOptions): Promise<string> {
  return new Promise((resolve) => {
    let status = "error";
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        status = String(statusCode);
      },
      onResponseData() {},
      onResponseEnd: () => resolve(status),
      onResponseError: () => resolve("error"),
    };
    client.dispatch(options, handler);
  });
}
