/** The three services as real processes, against one deployment. */
import { mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { chooseFreePort, repositoryRoot } from "@kith/devstack";
import { serviceNodeFlags } from "@kith/service-kit";
import { awaitUrl } from "./await-url.ts";
import type { BenchRun } from "./bench-run.ts";
import { type Child, startChild } from "./child.ts";
import type { Deployment } from "./deployment.ts";
import { profileTop } from "./profile-top.ts";

export type ServiceName = "ingress" | "query" | "reconciler";

export type ServiceProcess = Child & { readonly url: string };

const PROFILES = resolve(import.meta.dirname, "../results/profiles");
const READY_LIMIT_MS = 30_000;

/** Starts a service; resolves without waiting for it. */
export async function startService(
  run: BenchRun,
  deployment: Deployment,
  name: ServiceName,
  options: { env?: Readonly<Record<string, string>>; onLine?: (line: string) => void } = {},
): Promise<ServiceProcess> {
  const port = await chooseFreePort();
  if (run.isProfiled) mkdirSync(PROFILES, { recursive: true });
  const profile = `${run.part}-${deployment.name}-${name}-${port}.cpuprofile`;
  const child = startChild(run, {
    name,
    script: join(repositoryRoot, "services", name, "src/main.ts"),
    nodeArgs: [
      ...serviceNodeFlags,
      ...(run.isProfiled ? ["--cpu-prof", `--cpu-prof-dir=${PROFILES}`, `--cpu-prof-name=${profile}`] : []),
    ],
    env: { ...deployment.env, HOST: "127.0.0.1", PORT: String(port), LOG_LEVEL: "warn", ...options.env },
    ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
  });
  // Written when the process ends.
  if (run.isProfiled) child.exited.then(() => tellProfile(run, name, join(PROFILES, profile))).catch(run.say);
  return { ...child, url: `http://127.0.0.1:${port}` };
}

async function tellProfile(run: BenchRun, name: ServiceName, file: string): Promise<void> {
  run.say(`${name}'s own time, from ${relative(repositoryRoot, file)}:`);
  for (const line of await profileTop(file)) run.say(line);
}

/** Waits until a service says that it is ready. */
export function awaitService(service: ServiceProcess): Promise<void> {
  return awaitUrl(service, `${service.url}/readyz`, READY_LIMIT_MS);
}

/** Starts all three and waits until they are ready. */
export async function startServices(
  run: BenchRun,
  deployment: Deployment,
): Promise<Record<ServiceName, ServiceProcess>> {
  const query = await startService(run, deployment, "query");
  const reconciler = await startService(run, deployment, "reconciler");
  const ingress = await startService(run, deployment, "ingress", { env: { QUERY_URL: query.url } });
  await Promise.all([query, reconciler, ingress].map(awaitService));
  return { ingress, query, reconciler };
}
