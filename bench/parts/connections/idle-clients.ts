/**
 * Ten thousand clients who asked once and keep their connections. That is more than a service holds: the oldest idle
 * ones give way, and who comes anew is answered.
 */
import { emailText } from "../../load/identifier-texts.ts";
import type { BenchRun } from "../../measure/bench-run.ts";
import { deploy } from "../../measure/deployment.ts";
import { toResult } from "../../measure/result.ts";
import { startServices } from "../../measure/services.ts";
import type { BenchStack } from "../../measure/stack.ts";
import { type Asked, measureCrowd, requestText } from "./measure-crowd.ts";

const CLIENTS = 10_000;
/** Of the crowd's process and of the service's: what they open beside connections. */
const OTHER_FILES = 500;

export async function measureIdleClients(run: BenchRun, stack: BenchStack): Promise<void> {
  const clients = Math.min(CLIENTS, openFilesMax() - OTHER_FILES);
  if (clients < CLIENTS) run.say(`idle: no more than ${clients} clients, by the limit of open files (ulimit -Hn)`);
  const deployment = await deploy(run, stack, "connections_idle");
  const { ingress, query, reconciler } = await startServices(run, deployment);
  const order: Asked = { path: "/v1/orders", body: JSON.stringify({ email: emailText(0) }) };
  // Known by the time it is asked for: the crowd of the ingress has ordered ten thousand times.
  const lookup: Asked = { path: "/v1/contacts/lookup", body: order.body };
  for (const [service, process, asked] of [
    ["ingress", ingress, order],
    ["query", query, lookup],
  ] as const) {
    const { open } = await measureCrowd(run, process, {
      name: "idle",
      service,
      crowd: { clients, openings: [requestText(asked)], octetsPerSecond: 0, reads: true },
      asked,
      durationMs: run.isQuick ? 5_000 : 30_000,
    });
    run.report(
      toResult({ case: `idle: ${service}, of ${clients} connections stay`, figure: open, unit: "connections" }),
    );
  }
  for (const process of [ingress, query, reconciler]) await process.stop();
  await deployment.close();
}

/** What a process may raise its limit to. */
function openFilesMax(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { hard: number | string } } };
  const hard = Number(userLimits?.open_files?.hard);
  return Number.isNaN(hard) ? Number.POSITIVE_INFINITY : hard; // "unlimited"
}
