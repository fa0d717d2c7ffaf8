/** How fast a backlog becomes committed state and relayed `identity.resolved`, and what bare inserts of the same rows take. */
import { measureBareInserts } from "../limits/bare-inserts.ts";
import { measureBareProbes } from "../limits/bare-probes.ts";
import { fillLog } from "../load/fill-log.ts";
import type { MixName } from "../load/mixes.ts";
import { createPeople, type People } from "../load/people.ts";
import type { BenchRun } from "../measure/bench-run.ts";
import { countRows, difference, type RowCounts } from "../measure/count-rows.ts";
import { type Deployment, deploy } from "../measure/deployment.ts";
import { type DrainFigures, drainBacklog } from "../measure/drain-backlog.ts";
import { countResolved } from "../measure/progress.ts";
import { reportMemory } from "../measure/report-memory.ts";
import { reportBusiest, reportProcessorTime } from "../measure/report-processor-time.ts";
import { formatNumber, type Target, toResult } from "../measure/result.ts";
import { type BenchStack, startStack } from "../measure/stack.ts";
import { startStatementProfile } from "../measure/statement-profile.ts";

const SEED = 20_261;
const BATCH_EVENTS = 5_000;
const UNIT = "observations/s";
/** Cases of one line share a database: the second pass of `all-returning` says again what `all-new` said. */
const CASES: readonly (readonly MixName[])[] = [["mixed"], ["all-new", "all-returning"], ["merge-heavy"]];
const TARGETS: Readonly<Partial<Record<MixName, Target>>> = {
  mixed: { atLeast: 25_000, ofLimit: 0.6 },
  "all-returning": { atLeast: 60_000 },
};

export async function drain(run: BenchRun): Promise<void> {
  const count = run.isQuick ? 100_000 : 1_000_000;
  const stack = await startStack(run);
  for (const mixes of CASES) {
    if (!mixes.some(run.wants)) continue;
    const deployment = await deploy(run, stack, `drain_${mixes[0]!.replaceAll("-", "_")}`);
    const people = createPeople(SEED);
    for (const mix of mixes) await drainOne(run, stack, deployment, { people, mix, count });
    await deployment.close();
  }
}

async function drainOne(
  run: BenchRun,
  stack: BenchStack,
  deployment: Deployment,
  { people, mix, count }: { people: People; mix: MixName; count: number },
): Promise<void> {
  const filledPerSecond = await fillLog({ deployment, count, next: () => people.next(mix), name: mix });
  run.say(`${mix}: ${formatNumber(count)} records in the log, written at ${formatNumber(filledPerSecond)}/s`);
  const [rowsBefore, resolvedBefore] = [await countRows(deployment), await countResolved(deployment)];
  const statements = await startStatementProfile(run, deployment.db);
  const figures = await drainBacklog(run, deployment, { pids: stack.pids });
  await statements.tell(figures.records);
  const rows = difference(await countRows(deployment), rowsBefore);
  const resolved = (await countResolved(deployment)) - resolvedBefore;
  run.say(`${mix}: ${describe(figures, rows, resolved)}`);

  const writesNothing = rows.outbox === 0;
  const bare = writesNothing
    ? await measureBareProbes(stack, deployment, { count, batchSize: BATCH_EVENTS, next: people.anyKnown })
    : await measureBareInserts(run, stack, rows);
  const limit = count / bare.seconds;
  const target = TARGETS[mix];
  run.report(toResult({ case: mix, figure: figures.perSecond, unit: UNIT, limit, ...(target && { target }) }));
  run.report(toResult({ case: `${mix}, steady middle`, figure: figures.steadyPerSecond, unit: UNIT, limit }));
  run.report(
    toResult({ case: `${mix}, from the start of the process`, figure: figures.perSecondFromStart, unit: UNIT, limit }),
  );
  const microseconds = reportProcessorTime(run, mix, figures.processorSeconds, figures.records);
  reportBusiest(run, mix, microseconds, UNIT);
  reportProcessorTime(run, `${mix}: the limit`, bare.processorSeconds, count);
  reportMemory(run, mix, figures.memory);
  const growth = memoryGrowth(figures);
  run.report(toResult({ case: `${mix}: reconciler's memory, last third against middle third`, ...growth }));
}

/** A reconciler that kept what it has read would grow with the backlog. */
function memoryGrowth({ memory }: DrainFigures) {
  const series = memory.get("reconciler")?.seriesMb ?? [];
  const third = Math.ceil(series.length / 3);
  const peak = (from: number, to: number) => Math.max(...series.slice(from, to), 1);
  const ratio = peak(2 * third, series.length) / peak(third, 2 * third);
  return { figure: ratio, unit: "times", target: { atMost: 1.25 } };
}

function describe(figures: DrainFigures, rows: RowCounts, resolved: number): string {
  const perEvent = (count: number) => (count / figures.records).toFixed(2);
  return (
    `${formatNumber(figures.perSecond)}/s, steady ${formatNumber(figures.steadyPerSecond)}/s, ` +
    `relay ${figures.relayTailSeconds.toFixed(1)} s behind at the end; per event ${perEvent(rows.identifier)} identifiers, ` +
    `${perEvent(rows.link)} links, ${perEvent(rows.contact)} contacts, ${perEvent(rows.identity)} identities, ` +
    `${perEvent(rows.outbox)} outbox rows in ${formatNumber(rows.batches)} transactions; ` +
    `${formatNumber(resolved)} records of identity.resolved`
  );
}
