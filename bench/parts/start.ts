/**
 * From `start` to the first answered order, with jars and packages in place: once with no data, once with those of the
 * first run. It runs in a copy of the sources, so that nobody's own data are touched.
 */
import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chooseFreePort, fetchKafka, kafkaJarsFolder, repositoryRoot } from "@kith/devstack";
import type { BenchRun } from "../measure/bench-run.ts";
import { assertRunning, startChild } from "../measure/child.ts";
import { toResult } from "../measure/result.ts";

const SECONDS_MAX = 15;
const POLL_MS = 10;
const ORDER = { email: "lorraine@example.com", phoneNumber: "+14155550123" };

export async function start(run: BenchRun): Promise<void> {
  const clone = join(run.folder, "clone");
  await copySources(clone);
  // What has to be fetched once is not what is measured.
  await fetchKafka(kafkaJarsFolder, run.say);
  await symlink(kafkaJarsFolder, join(clone, ".kith/kafka-jars"));
  for (const state of ["no data yet", "data of an earlier run"]) {
    const seconds = await measureStart(run, clone);
    run.say(`${state}: the first order is answered after ${seconds.toFixed(1)} s`);
    run.report(toResult({ case: state, figure: seconds, unit: "s", target: { atMost: SECONDS_MAX } }));
  }
}

async function copySources(clone: string): Promise<void> {
  await mkdir(join(clone, ".kith"), { recursive: true });
  for (const name of ["packages", "services", "migrations", "package.json"]) {
    // Links between the packages are relative and stay as they are: they then lead into the copy.
    await cp(join(repositoryRoot, name), join(clone, name), { recursive: true, verbatimSymlinks: true });
  }
  await symlink(join(repositoryRoot, "node_modules"), join(clone, "node_modules"));
}

async function measureStart(run: BenchRun, clone: string): Promise<number> {
  const port = await chooseFreePort();
  const startedAtMs = performance.now();
  const stack = startChild(run, {
    name: "start",
    script: join(clone, "packages/devstack/src/start.ts"),
    env: { INGRESS_PORT: String(port), QUERY_PORT: "0", RECONCILER_PORT: "0", HOME: process.env.HOME ?? "" },
  });
  while (!(await answersOrder(`http://127.0.0.1:${port}/api/identify`))) {
    await assertRunning(stack);
    await delay(POLL_MS);
  }
  const seconds = (performance.now() - startedAtMs) / 1_000;
  await stack.stop();
  return seconds;
}

async function answersOrder(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(ORDER),
      signal: AbortSignal.timeout(5_000),
    });
    await response.arrayBuffer();
    return response.status === 200;
  } catch (error) {
    // Nobody listens yet, or not for long enough.
    if (error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}
