/** One crowd against one service: what the service comes to, and what new clients get meanwhile. */
import type { CrowdFigures, CrowdLoad } from "../../load/crowd-load.ts";
import { driveCrowd } from "../../load/drive-crowd.ts";
import { probe } from "../../load/probe.ts";
import type { BenchRun } from "../../measure/bench-run.ts";
import { assertRunning } from "../../measure/child.ts";
import { sampleMemory } from "../../measure/memory.ts";
import { reportMemory } from "../../measure/report-memory.ts";
import { formatNumber, toResult } from "../../measure/result.ts";
import type { ServiceName, ServiceProcess } from "../../measure/services.ts";

/** A request that a new client makes. */
export type Asked = { readonly path: string; readonly body: string };

export type CrowdCase = {
  readonly name: string;
  readonly service: ServiceName;
  readonly crowd: Omit<CrowdLoad, "url">;
  readonly asked: Asked;
  readonly durationMs: number;
};

const ANSWER_MS_MAX = 1_000;

export async function measureCrowd(run: BenchRun, service: ServiceProcess, of: CrowdCase): Promise<CrowdFigures> {
  const { name, asked } = of;
  const memory = sampleMemory({ [of.service]: service.pid });
  const crowd = await driveCrowd(run, `${run.part}-${of.service}`, { ...of.crowd, url: service.url });
  const figures = await probe(service.url + asked.path, asked.body, of.durationMs);
  await assertRunning(service);
  const crowdFigures = crowd.figures();
  const held = memory.stop();
  await crowd.stop();

  run.say(
    `${name}: ${of.service} ${formatNumber(held.get(of.service)!.peakMb)} MB; new clients p50 ` +
      `${formatNumber(figures.p50Ms)} ms, longest ${formatNumber(figures.longestMs)} ms, ${figures.refused} refused; ` +
      `the crowd: ${JSON.stringify(crowdFigures)}`,
  );
  reportMemory(run, name, held);
  const report = (what: string, figure: number, unit: string, atMost?: number) =>
    run.report(
      toResult({
        case: `${name}: ${of.service}, ${what}`,
        figure,
        unit,
        ...(atMost === undefined ? {} : { target: { atMost } }),
      }),
    );
  report("a new client, p50", figures.p50Ms, "ms");
  report("a new client, p99", figures.p99Ms, "ms", ANSWER_MS_MAX);
  report("a new client, longest", figures.longestMs, "ms");
  report("new clients not answered", figures.refused, "clients", 0);
  return crowdFigures;
}

/** A request as it goes over the wire. `bodyBytes` is more than the body where the rest of it comes later. */
export function requestText({ path, body }: Asked, accept = "application/json", bodyBytes = body.length): string {
  return [
    `POST ${path} HTTP/1.1`,
    "host: bench.example.com",
    "content-type: application/json",
    `accept: ${accept}`,
    `content-length: ${bodyBytes}`,
    "",
    body,
  ].join("\r\n");
}
