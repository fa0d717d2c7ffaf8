/** Runs the three services as child processes that end when we end, and waits until they answer. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { serviceNodeFlags } from "@kith/service-kit";
import { compileCacheEnvironment } from "./compile-cache.ts";
import { isReady } from "./is-ready.ts";
import { repositoryRoot } from "./kith-folder.ts";
import { type ServiceName, type ServicePorts, serviceNames } from "./start-settings.ts";

/** Where the services listen and what they connect to. */
export type ServicesOptions = {
  readonly host: string;
  readonly ports: ServicePorts;
  readonly databaseUrl: string;
  readonly kafkaBrokers: string;
};

/** The running services. */
export type RunningServices = {
  readonly urls: Readonly<Record<ServiceName, string>>;
  /** Resolves when each `/readyz` answered 200; rejects if that takes too long. */
  ready(): Promise<void>;
  /** Resolves with a description of the first service that ended, whatever the reason. */
  readonly firstEnd: Promise<string>;
  /** SIGTERM, and after the limit SIGKILL. */
  stop(): Promise<void>;
};

const READY_LIMIT_MS = 60_000;
const READY_POLL_MS = 50;
const READY_ANSWER_MS = 2_000;
const STOP_LIMIT_MS = 10_000;

/** Starts all three at once. */
export function runServices(options: ServicesOptions): RunningServices {
  const urls = Object.fromEntries(
    serviceNames.map((name) => [name, baseUrl(options.host, options.ports[name])]),
  ) as Record<ServiceName, string>;
  const services = serviceNames.map((name) => ({ name, child: spawnService(name, options, urls) }));
  return {
    urls,
    async ready() {
      const deadline = Date.now() + READY_LIMIT_MS;
      await Promise.all(services.map(({ name, child }) => untilReady(name, child, urls[name], deadline)));
    },
    firstEnd: Promise.race(services.map(({ name, child }) => describeEnd(name, child))),
    async stop() {
      await Promise.all(services.map(({ child }) => stopService(child)));
    },
  };
}

function spawnService(name: ServiceName, options: ServicesOptions, urls: Record<ServiceName, string>): ChildProcess {
  const main = join(repositoryRoot, "services", name, "src/main.ts");
  // Node 23 and later warn of a timer in kafkajs; the warning is harmless.
  return spawn(process.execPath, [...serviceNodeFlags, main], {
    cwd: repositoryRoot,
    env: {
      ...process.env,
      ...compileCacheEnvironment,
      HOST: options.host,
      PORT: String(options.ports[name]),
      DATABASE_URL: options.databaseUrl,
      KAFKA_BROKERS: options.kafkaBrokers,
      QUERY_URL: urls.query,
      KITH_PARENT_PIPE: "1",
    },
    // The service ends when the pipe closes. Its log goes straight to ours.
    stdio: ["pipe", "inherit", "inherit"],
    // A process group of its own: Ctrl-C reaches only us, and we stop things in order.
    detached: true,
  });
}

async function untilReady(name: ServiceName, child: ChildProcess, url: string, deadline: number): Promise<void> {
  while (!hasEnded(child)) {
    if (await isReady(url, READY_ANSWER_MS)) return;
    if (Date.now() > deadline) throw new Error(`${name} was not ready after ${READY_LIMIT_MS / 1000} s: ${url}/readyz`);
    await delay(READY_POLL_MS);
  }
}

function describeEnd(name: ServiceName, child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`${name} could not be run: ${error.message}`));
    child.once("exit", (code, signal) => {
      resolve(`${name} ended (${signal === null ? `exit code ${code}` : `signal ${signal}`})`);
    });
  });
}

async function stopService(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const kill = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(kill);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

function baseUrl(host: string, port: number): string {
  const reachable = { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[host] ?? (host.includes(":") ? `[${host}]` : host);
  return `http://${reachable}:${port}`;
}
