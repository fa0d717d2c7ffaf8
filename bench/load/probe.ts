/** New clients, one after another, each on a connection of its own: what the others get while a crowd is there. */
import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createLatencies } from "./latencies.ts";

export type ProbeFigures = {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  /** Clients that were answered with anything but a success, or not at all. */
  readonly refused: number;
};

const ANSWER_LIMIT_MS = 10_000;
const PAUSE_MS = 20;

/** Sends the body until the time is over. */
export async function probe(url: string, body: string, durationMs: number): Promise<ProbeFigures> {
  const latencies = createLatencies();
  const endMs = performance.now() + durationMs;
  let refused = 0;
  while (performance.now() < endMs) {
    const startedAtMs = performance.now();
    const status = await ask(url, body);
    latencies.add(performance.now() - startedAtMs);
    if (status === undefined || status >= 300) refused += 1;
    await delay(PAUSE_MS);
  }
  return {
    p50Ms: latencies.percentile(0.5),
    p99Ms: latencies.percentile(0.99),
    longestMs: latencies.percentile(1),
    refused,
  };
}

/** Answers the status; undefined where there was none. */
function ask(url: string, body: string): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
  request(url, { method: "POST", headers, agent: false, signal }, (response) => {
    response.once("close", () => resolve(response.complete ? response.statusCode : undefined)).resume();
  })
    .once("error", () => resolve(undefined))
    .end(body);
  return promise;
}
