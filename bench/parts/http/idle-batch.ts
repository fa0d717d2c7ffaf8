/** How soon a batch of a thousand orders is answered that comes alone, while nothing else is asked of the system. */
import { describeFigures, driveHttp } from "../../load/drive-http.ts";
import type { BenchRun } from "../../measure/bench-run.ts";
import { deploy } from "../../measure/deployment.ts";
import { startProcessorClock } from "../../measure/processor-time.ts";
import { reportProcessorTime } from "../../measure/report-processor-time.ts";
import { toResult } from "../../measure/result.ts";
import { startServices } from "../../measure/services.ts";
import type { BenchStack } from "../../measure/stack.ts";

const ITEMS = 1_000;
/** Long enough for the reconciler to settle a batch and for the relay to publish it. */
const PAUSE_MS = 250;
const P99_MS_MAX = 50;

export async function measureIdleBatch(run: BenchRun, stack: BenchStack): Promise<void> {
  const deployment = await deploy(run, stack, "http_idle_batch");
  const { ingress, query, reconciler } = await startServices(run, deployment);
  const processor = startProcessorClock({ ingress: ingress.pid });
  const figures = await driveHttp(run, {
    url: `${ingress.url}/v1/orders/batch`,
    kind: "order-batch",
    people: { seed: 31_337, mix: "mixed", known: 0, newAt: 0 },
    itemsPerRequest: ITEMS,
    connections: 1,
    pauseMs: PAUSE_MS,
    warmUpMs: run.isQuick ? 5_000 : 10_000,
    durationMs: run.isQuick ? 20_000 : 60_000,
  });
  run.say(`idle-batch: ${describeFigures(figures)}`);
  const target = { atMost: P99_MS_MAX };
  run.report(toResult({ case: "a batch alone, p50", figure: figures.p50Ms, unit: "ms" }));
  run.report(toResult({ case: "a batch alone, p99", figure: figures.p99Ms, unit: "ms", target }));
  run.report(toResult({ case: "a batch alone, longest", figure: figures.maxMs, unit: "ms" }));
  reportProcessorTime(run, "a batch alone", processor.seconds(), figures.itemsInAll);
  for (const service of [ingress, query, reconciler]) await service.stop();
  await deployment.close();
}
