/**
 * The whole system as real processes: an ingress, a query service and one or more reconcilers, on free ports, with a
 * database, topics and a consumer group of their own.
 */
import { chooseFreePort } from "@kith/devstack";
import { SAID_FOLDER } from "../said.ts";
import { ask } from "./ask.ts";
import { createServiceProcess, type ServiceName, type ServiceProcess } from "./service-process.ts";
import { until } from "./until.ts";

/** Where the system works. */
export type SystemOptions = {
  readonly database: { readonly url: string; readonly schema: string };
  readonly topics: { readonly prefix: string; readonly groupId: string; readonly brokers: readonly string[] };
  /** How many reconcilers; default 1. */
  readonly reconcilers?: number;
  /** More environment for every service. */
  readonly env?: Readonly<Record<string, string>>;
};

/** A running system. */
export type System = {
  readonly ingressUrl: string;
  readonly queryUrl: string;
  readonly ingress: ServiceProcess;
  readonly query: ServiceProcess;
  readonly reconcilers: readonly ServiceProcess[];
  /** Waits until everything in the log is settled and relayed. */
  untilSettled(limitMs?: number): Promise<void>;
  /** All that the services wrote. */
  logs(): string;
  /** The last lines of each service, for the message of a failed test. */
  logTail(): string;
  /** Ends every process. Rejects if one that ran did not end by itself and cleanly when it was asked to. */
  stop(): Promise<void>;
};

type Progress = { readonly lag: number; readonly relayAgeMs: number };

const METRICS_LIMIT_MS = 5_000;
const TAIL_LINES = 30;
const TAIL_COLUMNS = 300;

/** Starts the services and waits until each is ready. If one does not get there, all are ended. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { database, topics, reconcilers = 1 } = options;
  const env = {
    DATABASE_URL: database.url,
    DATABASE_SCHEMA: database.schema,
    KAFKA_BROKERS: topics.brokers.join(","),
    TOPIC_PREFIX: topics.prefix,
    GROUP_ID: topics.groupId,
    LOG_LEVEL: "info",
    ...options.env,
  };
  const make = async (name: ServiceName, more: Record<string, string> = {}) =>
    createServiceProcess({ name, port: await chooseFreePort(), env: { ...env, ...more } });
  const query = await make("query");
  const ingress = await make("ingress", { QUERY_URL: query.url });
  const workers: ServiceProcess[] = [];
  for (let count = 0; count < reconcilers; count++) workers.push(await make("reconciler"));
  const services = [query, ingress, ...workers];

  const logTail = () => services.map((service, index) => tailOf(service, index)).join("\n");
  async function stop(): Promise<void> {
    if (process.env[SAID_FOLDER] !== undefined) await Promise.all(services.map(lookAtMetrics));
    const ends = await Promise.all(
      services.map(async (service) => {
        if (service.pid() === undefined) return [];
        const code = await service.stop();
        return code === 0 ? [] : [`the ${service.name} ended with ${code ?? "SIGKILL"}`];
      }),
    );
    if (ends.flat().length > 0) throw new Error(`${ends.flat().join(", ")}\n${logTail()}`);
  }

  try {
    await Promise.all(services.map((service) => service.start()));
  } catch (error) {
    await Promise.all(services.map((service) => service.kill9()));
    throw new Error(`the system did not start\n${logTail()}`, { cause: error });
  }

  /** An age can round to 0 while a change waits, so what is settled must be so twice. */
  async function untilSettled(limitMs = 120_000): Promise<void> {
    let seen = 0;
    await until(
      "everything is settled and relayed",
      async () => {
        const { status, body } = await ask<Progress>(`${query.url}/v1/progress`);
        seen = status === 200 && body.lag === 0 && body.relayAgeMs === 0 ? seen + 1 : 0;
        return seen >= 2;
      },
      { limitMs },
    );
  }

  return {
    ingressUrl: ingress.url,
    queryUrl: query.url,
    ingress,
    query,
    reconcilers: workers,
    untilSettled,
    logs: () => services.map(({ log }) => log()).join(""),
    logTail,
    stop,
  };
}

/** For the run's canary, which keeps all that is fetched. It is no test of its own. */
async function lookAtMetrics({ url, pid }: ServiceProcess): Promise<void> {
  if (pid() === undefined) return;
  const signal = AbortSignal.timeout(METRICS_LIMIT_MS);
  const headers = { connection: "close" };
  await fetch(`${url}/metrics`, { signal, headers }).then(
    (answer) => answer.text(),
    () => undefined,
  );
}

function tailOf({ name, log }: ServiceProcess, index: number): string {
  const lines = log().trimEnd().split("\n").slice(-TAIL_LINES);
  return [`--- ${name} ${index} ---`, ...lines.map((line) => line.slice(0, TAIL_COLUMNS))].join("\n");
}
