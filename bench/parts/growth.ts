/**
 * What a larger table costs: one backlog in which the table is filled to one size after the other, and at each size
 * mixed orders are measured. One reconciler takes all of it, so that a cold start does not look like a small table.
 */
import { fillLog } from "../load/fill-log.ts";
import { createPeople } from "../load/people.ts";
import type { BenchRun } from "../measure/bench-run.ts";
import { deploy } from "../measure/deployment.ts";
import { drainBacklog, slope } from "../measure/drain-backlog.ts";
import { reportMemory } from "../measure/report-memory.ts";
import { formatNumber, toResult } from "../measure/result.ts";
import { startStack } from "../measure/stack.ts";

const SEED = 1_013;
const FALL_MAX = 2;
/** Of the identifiers that are there, one mixed order for this many is measured. */
const PROBE_SHARE = 20;
/** Identifiers one order of a new person brings, one in ten having a single one. */
const IDENTIFIERS_PER_NEW = 1.9;
/** New identifiers a mixed order brings: of new people, and with known ones. */
const IDENTIFIERS_PER_MIXED = 0.2 * IDENTIFIERS_PER_NEW + 0.15;

export async function growth(run: BenchRun): Promise<void> {
  const sizes = run.isQuick ? [10_000, 50_000, 200_000] : [10_000, 100_000, 1_000_000, 10_000_000];
  const shortestProbe = run.isQuick ? 20_000 : 100_000;
  const stack = await startStack(run);
  const deployment = await deploy(run, stack, "growth");
  const people = createPeople(SEED);
  const stages: { from: number; to: number; identifiers: number }[] = [];
  let records = 0;
  let identifiers = 0;
  for (const size of sizes) {
    const missing = Math.max(0, Math.ceil((size - identifiers) / IDENTIFIERS_PER_NEW));
    // The longer the log, the further apart its partitions come to the probe: by some ten thousand records after five
    // million. And a few seconds are not to be those of the fill's last checkpoint.
    const probe = Math.max(shortestProbe, size / PROBE_SHARE);
    await fillLog({ deployment, count: missing, next: () => people.next("all-new"), name: `fill-${size}` });
    await fillLog({ deployment, count: probe, next: () => people.next("mixed"), name: `probe-${size}` });
    identifiers += missing * IDENTIFIERS_PER_NEW + (probe / 2) * IDENTIFIERS_PER_MIXED;
    // The second half of the probe: by then every partition is in it.
    stages.push({
      from: records + missing + probe / 2,
      to: records + missing + probe,
      identifiers: Math.round(identifiers),
    });
    records += missing + probe;
    identifiers += (probe / 2) * IDENTIFIERS_PER_MIXED;
  }
  run.say(`${formatNumber(records)} records in the log`);

  const { samples, memory } = await drainBacklog(run, deployment, { pids: stack.pids });
  const rates = stages.map(({ from, to }) => slope(samples, from, to));
  for (const [index, { identifiers: size }] of stages.entries()) {
    const name = `mixed orders at ${formatNumber(size)} identifiers`;
    run.report(toResult({ case: name, figure: rates[index]!, unit: "observations/s" }));
  }
  const fall = Math.max(...rates) / rates.at(-1)!;
  run.report(
    toResult({ case: "best size against the largest", figure: fall, unit: "times", target: { atMost: FALL_MAX } }),
  );
  reportMemory(run, "growing", memory);
}
