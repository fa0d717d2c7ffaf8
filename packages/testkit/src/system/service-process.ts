/**
 * One service as a real child process, as it runs in production: started from its `main.ts`, told everything by its
 * environment, and ended by the closing of its standard input however the test process ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { compileCacheEnvironment, isReady } from "@kith/devstack";
import { serviceNodeFlags } from "@kith/service-kit";
import { keepSaid } from "../said.ts";
import { until } from "./until.ts";

/** The services of this repository. */
export type ServiceName = "ingress" | "reconciler" | "query";

/** What a service is started with. */
export type ServiceOptions = {
  readonly name: ServiceName;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
};

/** A service that can be ended and started again; it keeps its port. */
export type ServiceProcess = {
  readonly name: ServiceName;
  readonly url: string;
  /** The process id, or undefined while it is not running. */
  pid(): number | undefined;
  /** Starts it and waits until `/readyz` says yes. `env` is added to what it was made with, from here on. */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill9(): Promise<void>;
  /** SIGTERM, as a supervisor would; resolves with the exit code. SIGKILL if that takes too long. */
  stop(): Promise<number | null>;
  /** All that it wrote, of all its lives, up to a limit: the oldest lines go first. */
  log(): string;
};

const REPOSITORY = resolve(import.meta.dirname, "../../../..");
// A limit for a machine with much else to do; it is waited for the state, not for the time.
const READY_LIMIT_MS = 120_000;
const READY_ANSWER_MS = 5_000;
const STOP_LIMIT_MS = 30_000;
const LOG_CHARACTERS_MAX = 4_000_000;

/** A service that is not started yet. */
export function createServiceProcess(options: ServiceOptions): ServiceProcess {
  const { name, port } = options;
  const url = `http://127.0.0.1:${port}`;
  let env: Record<string, string> = { ...options.env };
  let child: ChildProcess | undefined;
  let exited: Promise<number | null> = Promise.resolve(null);
  let log = "";

  function keep(chunk: Buffer): void {
    log = (log + chunk.toString("utf8")).slice(-LOG_CHARACTERS_MAX);
    keepSaid("log", chunk, `${name}-${port}`);
  }

  function launch(): ChildProcess {
    const main = join(REPOSITORY, "services", name, "src/main.ts");
    const launched = spawn(process.execPath, [...serviceNodeFlags, main], {
      cwd: REPOSITORY,
      // Nothing of the test runner's own environment (NODE_ENV=test, NODE_OPTIONS) reaches the service.
      env: {
        PATH: process.env.PATH ?? "",
        ...compileCacheEnvironment,
        ...env,
        HOST: "127.0.0.1",
        PORT: String(port),
        KITH_PARENT_PIPE: "1",
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    launched.stdout.on("data", keep);
    launched.stderr.on("data", keep);
    // A write to a service that is gone is no error of the test.
    launched.stdin.on("error", () => {});
    return launched;
  }

  async function isUp(): Promise<boolean> {
    if (child === undefined) throw new Error(`the ${name} ended while it was starting`);
    return isReady(url, READY_ANSWER_MS);
  }

  return {
    name,
    url,
    pid: () => child?.pid,

    async start(more = {}) {
      if (child !== undefined) throw new Error(`the ${name} runs already`);
      env = { ...env, ...more };
      const launched = launch();
      child = launched;
      exited = new Promise((settle, reject) => {
        launched.once("error", reject);
        launched.once("exit", (code) => {
          child = undefined;
          settle(code);
        });
      });
      await until(`the ${name} is ready`, isUp, { limitMs: READY_LIMIT_MS });
    },

    async kill9() {
      child?.kill("SIGKILL");
      await exited;
    },

    async stop() {
      const stopping = child;
      stopping?.kill("SIGTERM");
      const late = setTimeout(() => stopping?.kill("SIGKILL"), STOP_LIMIT_MS);
      const code = await exited;
      clearTimeout(late);
      return code;
    },

    log: () => log,
  };
}
