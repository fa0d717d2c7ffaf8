/** What the load generator is told, and what it answers: the two ends of the process border. */
import type { MixName } from "./mixes.ts";

/** The people of a load: those of a backlog that is in the database already, and new ones from `newAt` on. */
export type LoadPeople = {
  readonly seed: number;
  readonly mix: MixName;
  /** Orders of the mix `all-new` that went before. */
  readonly known: number;
  readonly newAt: number;
};

export type HttpLoad = {
  readonly url: string;
  readonly kind: "identify" | "order" | "order-batch" | "lookup" | "lookup-batch";
  readonly people: LoadPeople;
  /** Items of one request; 1 where the kind has no batches. */
  readonly itemsPerRequest: number;
  readonly connections: number;
  /** Open loop: requests start at this rate whatever the answers do. Otherwise each connection sends one after another. */
  readonly requestsPerSecond?: number;
  /** Each connection rests so long between an answer and its next request. */
  readonly pauseMs?: number;
  readonly apiKey?: string;
  /** Not measured. */
  readonly warmUpMs: number;
  readonly durationMs: number;
};

export type HttpFigures = {
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** Requests with the status that counts as a success, a second. */
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Requests of the measured time by status; `error` where no answer came. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Items of all successful requests, warm-up included. */
  readonly itemsInAll: number;
  /** Processor time the load generator took, as a share of one core. */
  readonly cpuShare: number;
};

export const SUCCESS: Readonly<Record<HttpLoad["kind"], number>> = {
  identify: 200,
  order: 202,
  "order-batch": 200,
  lookup: 200,
  "lookup-batch": 200,
};
