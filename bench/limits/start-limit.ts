/** Runs one of the limit programs of this folder until it is stopped. */
import { fileURLToPath } from "node:url";
import { chooseFreePort } from "@kith/devstack";
import { noPretenuringFlag, serviceNodeFlags } from "@kith/service-kit";
import { awaitUrl } from "../measure/await-url.ts";
import type { BenchRun } from "../measure/bench-run.ts";
import { startChild } from "../measure/child.ts";

export type LimitProgram = { readonly url: string; readonly pid: number; stop(): Promise<void> };

const READY_LIMIT_MS = 30_000;
const programs = {
  "bare-orders": new URL("./bare-orders.ts", import.meta.url),
  "log-round-trip": new URL("./log-round-trip.ts", import.meta.url),
  "indexed-select": new URL("./indexed-select.ts", import.meta.url),
};

export async function startLimit(
  run: BenchRun,
  program: keyof typeof programs,
  env: Readonly<Record<string, string>>,
): Promise<LimitProgram> {
  const port = await chooseFreePort();
  const child = startChild(run, {
    name: `limit-${program}`,
    script: fileURLToPath(programs[program]),
    nodeArgs: [...serviceNodeFlags, noPretenuringFlag],
    env: { ...env, PORT: String(port) },
  });
  const url = `http://127.0.0.1:${port}/`;
  await awaitUrl(child, `${url}readyz`, READY_LIMIT_MS);
  return { url, pid: child.pid, stop: child.stop };
}
