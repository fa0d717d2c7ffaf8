/** Fills a deployment with people through the log and the reconciler, as they would have come in life. */
import { fillLog } from "../load/fill-log.ts";
import { createPeople } from "../load/people.ts";
import type { BenchRun } from "./bench-run.ts";
import type { Deployment } from "./deployment.ts";
import { drainBacklog } from "./drain-backlog.ts";
import { formatNumber } from "./result.ts";

/** Adds `count` contacts, each of a person of its own. */
export async function prefill(run: BenchRun, deployment: Deployment, seed: number, count: number): Promise<void> {
  const people = createPeople(seed);
  await fillLog({ deployment, count, next: () => people.next("all-new"), name: "known" });
  const { perSecond } = await drainBacklog(run, deployment, {});
  run.say(`${formatNumber(count)} contacts are in, ${formatNumber(perSecond)} a second`);
}
