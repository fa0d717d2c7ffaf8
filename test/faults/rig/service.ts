/**
 * A service as a process under guard, with the rig as its supervisor: whenever it ends and nobody holds it down, it is
 * started again. The guard ends it, frozen or not, however the rig ends.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  compileCacheEnvironment,
  type GuardedServer,
  isReady,
  repositoryRoot,
  startGuardedServer,
} from "@kith/devstack";
import { serviceNodeFlags } from "@kith/service-kit";
import { until } from "@kith/testkit/system";
import { signalProcess } from "./signal-process.ts";

export type ServiceName = "ingress" | "reconciler" | "query";

export type Service = {
  readonly name: ServiceName;
  /** "reconciler-2" */
  readonly label: string;
  readonly url: string;
  pid(): number | undefined;
  /** Starts it and keeps it running. */
  up(): void;
  /** SIGTERM, and it stays away until `up`. */
  down(): Promise<void>;
  /** SIGKILL; stays away until `up`. */
  kill9(): Promise<void>;
  /** For good, also if it was just being started. */
  gone(): Promise<void>;
  signal(signal: "SIGSTOP" | "SIGCONT"): boolean;
  untilReady(limitMs: number): Promise<void>;
  /** How often it ended although it should run, by exit code. */
  ownEnds(): number;
  readonly logFile: string;
};

export type ServiceOptions = {
  readonly name: ServiceName;
  readonly label: string;
  readonly port: number;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
  readonly onOwnEnd: (service: Service, code: number | null) => void;
};

const RESTART_MS = 300;
const READY_ANSWER_MS = 2_000;
const STOP_LIMIT_SECONDS = 12;

export function createService(options: ServiceOptions): Service {
  const { name, label, port, folder, env, nodeFlags = [], onOwnEnd } = options;
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(folder, `${label}.log`);
  let running: GuardedServer | undefined;
  let isWanted = false;
  let supervising: Promise<void> | undefined;
  let ownEnds = 0;
  /** Those that were ended on purpose. */
  const ended = new WeakSet<GuardedServer>();

  async function supervise(): Promise<void> {
    while (isWanted) {
      running = await startGuardedServer({
        name: label,
        command: process.execPath,
        args: [...serviceNodeFlags, ...nodeFlags, join(repositoryRoot, "services", name, "src/main.ts")],
        cwd: repositoryRoot,
        env: {
          PATH: process.env.PATH ?? "",
          NODE_NO_WARNINGS: "1",
          ...compileCacheEnvironment,
          ...env,
          HOST: "127.0.0.1",
          PORT: String(port),
        },
        stopSignal: "TERM",
        stopLimitSeconds: STOP_LIMIT_SECONDS,
        logFile,
        pidFile: join(folder, `${label}.pid`),
      });
      const started = running;
      // Held down while it was being started.
      if (!isWanted) signalProcess(started.pid, "SIGKILL");
      const code = await started.exited;
      running = undefined;
      if (ended.has(started) || !isWanted) continue;
      ownEnds += 1;
      onOwnEnd(service, code);
      await delay(RESTART_MS);
    }
  }

  async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    isWanted = false;
    const ending = running;
    if (ending === undefined) return;
    ended.add(ending);
    if (signal === "SIGKILL") signalProcess(ending.pid, "SIGKILL");
    else await ending.stop();
    await ending.exited;
  }

  const service: Service = {
    name,
    label,
    url,
    logFile,
    pid: () => running?.pid,
    up() {
      if (isWanted) return;
      isWanted = true;
      supervising = (supervising ?? Promise.resolve()).then(supervise);
    },
    down: () => end("SIGTERM"),
    kill9: () => end("SIGKILL"),
    async gone() {
      await end("SIGKILL");
      await supervising;
    },
    signal: (signal) => signalProcess(running?.pid, signal),
    untilReady: (limitMs) =>
      until(`${label} is ready`, () => isReady(url, READY_ANSWER_MS), { limitMs, pollMs: 100 }).then(() => {}),
    ownEnds: () => ownEnds,
  };
  return service;
}
