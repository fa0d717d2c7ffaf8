/**
 * A deployment that came to rest, as an operator looks it over and makes it anew beside the live one, from the log and
 * from the evidence: the same commands, judged by their exit codes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { repositoryRoot } from "@kith/devstack";
import { serviceNodeFlags } from "@kith/service-kit";
import type { Deployment } from "../rig/deployment.ts";
import type { Servers } from "../rig/servers.ts";

export type OperatorStep = {
  /** `kith rebuild --from log`, … */
  readonly command: string;
  /** Null where it was ended by a signal. */
  readonly exitCode: number | null;
  readonly seconds: number;
  /** What it printed last, where it failed. */
  readonly lastLines: readonly string[];
};

const KITH = join(repositoryRoot, "packages/cli/src/main.ts");
const LINES_SHOWN = 8;

/** Runs them one after the other, up to the first that fails. */
export async function lookOver(
  { schema, topicPrefix, name }: Deployment,
  servers: Servers,
  interrupted: AbortSignal,
): Promise<OperatorStep[]> {
  const env = {
    PATH: process.env.PATH ?? "",
    NODE_NO_WARNINGS: "1",
    DATABASE_URL: servers.databaseUrl(),
    DATABASE_SCHEMA: schema,
    KAFKA_BROKERS: servers.kafkaAddresses.join(","),
    TOPIC_PREFIX: topicPrefix,
    GROUP_ID: `${name}-operator`,
  };
  const steps: OperatorStep[] = [];
  for (const words of [["verify"], rebuild("evidence"), rebuild("log")]) {
    const step = await run(words, env, interrupted);
    steps.push(step);
    if (step.exitCode !== 0) break;
  }
  return steps;

  function rebuild(from: "evidence" | "log"): string[] {
    return ["rebuild", "--from", from, "--into", `${schema}_from_${from}`];
  }
}

async function run(words: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<OperatorStep> {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [...serviceNodeFlags, KITH, ...words], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  child.on("error", () => {}); // Interrupted: the exit says so.
  const [out, errors, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const lines = `${errors}${out}`.trimEnd().split("\n");
  return {
    command: `kith ${words.slice(0, 3).join(" ")}`,
    exitCode,
    seconds: (performance.now() - startedAtMs) / 1_000,
    lastLines: exitCode === 0 ? [] : lines.slice(-LINES_SHOWN),
  };
}
