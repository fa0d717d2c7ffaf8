/** What a reconciler counts. It is told once a batch, a chunk or a publish, so it costs the records nothing. */
import { DEAD_LETTER_CODES, type DeadLetterCode, type TopicNames } from "@kith/contracts";
import { classifyFailure } from "@kith/database";
import type { Publisher } from "@kith/kafka";
import { type Metrics, SECONDS_BOUNDS } from "@kith/service-kit";
import type { Batch, BatchOutcome } from "./reconcile/reconcile-batch.ts";
import type { RunningRelay } from "./relay/run-relay.ts";

export type ReconcilerMeter = {
  /** Partitions were assigned, and go on at these offsets; the others are somebody else's now. */
  assigned(positions: ReadonlyMap<number, number>): void;
  /** The end of a partition's log, as the last fetch saw it. */
  fetched(partition: number, logEnd: number): void;
  settled(batch: Batch, outcomes: readonly BatchOutcome[], durationMs: number): void;
  /** `reconcileBatch`, with its failures counted. */
  measureBatches(reconcileBatch: (batch: Batch) => Promise<BatchOutcome>): (batch: Batch) => Promise<BatchOutcome>;
  /** `publisher`, with what the relay publishes counted. */
  measureRelay(publisher: Publisher, topics: TopicNames): Publisher;
  /** How many partitions do not go on, because their next batch is damaged. */
  held(count: () => number): void;
  /** The relay that runs now. */
  relay(state: RunningRelay["state"]): void;
};

const BATCH_BOUNDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000];
const CODES = Object.keys(DEAD_LETTER_CODES) as DeadLetterCode[];

export function createReconcilerMeter(metrics: Metrics): ReconcilerMeter {
  const observations = metrics.count("kith_observations_applied_total", "Observations settled, no-ops among them.");
  const noOps = metrics.count("kith_observations_no_op_total", "Observations that changed nothing.");
  const identities = metrics.count("kith_identities_changed_total", "Identities made, changed and absorbed.");
  const merges = metrics.count("kith_merges_total", "Identities absorbed by another.");
  const restarts = metrics.count("kith_batch_restarts_total", "Batches begun again because others had been faster.");
  const outgrown = metrics.count(
    "kith_identities_outgrown_total",
    "Times an identity came to a thousand identifiers, to ten thousand, and so on.",
  );
  const letters = metrics.counts("kith_dead_letters_total", "Records that can never be applied.", "code", CODES);
  const behind = metrics.count("kith_records_behind_total", "Records read that somebody had settled before.");
  const sizes = metrics.distribution("kith_batch_records", "Records of a batch.", BATCH_BOUNDS);
  const durations = metrics.distribution(
    "kith_batch_duration_seconds",
    "Time to settle a batch, repetitions and all.",
    SECONDS_BOUNDS,
  );
  const failures = metrics.counts(
    "kith_batch_failures_total",
    "Transactions of batches that failed and were repeated, split or given up.",
    "class",
    ["retriable", "suspect"],
  );
  const relayed = metrics.counts("kith_relay_published_total", "Records the relay has published.", "topic", [
    "identity.resolved",
    "dead-letter",
  ]);

  const partitions = new Map<number, { settled: number; logEnd: number }>();
  metrics.gauges("kith_partition_lag_records", "Records not settled, as of the last fetch.", "partition", () =>
    [...partitions].map(([partition, { settled, logEnd }]): [number, number] => [
      partition,
      Math.max(0, logEnd - settled),
    ]),
  );

  let countHeld: (() => number) | undefined;
  metrics.gauge(
    "kith_partitions_held",
    "Partitions that do not go on, because their next record batch is damaged.",
    () => countHeld?.() ?? 0,
  );

  let relayState: RunningRelay["state"] | undefined;
  metrics.gauge("kith_relay_leader", "1 while this process leads the relay.", () => (relayState?.().isLeader ? 1 : 0));
  metrics.gauge(
    "kith_relay_round_age_seconds",
    "Time since the relay's last round, where this process leads it: changes wait no longer than that.",
    () => {
      const state = relayState?.();
      return state?.isLeader ? (Date.now() - state.lastRoundAtMs) / 1_000 : undefined;
    },
  );

  /** The codes are those of the batch; what became a dead letter beyond them failed alone three times. */
  function countLetters(batch: Batch, written: number): void {
    const known = batch.deadLetters.slice(Math.max(0, batch.deadLetters.length - written));
    for (const { code } of known) letters[code as DeadLetterCode].n += 1;
    letters.unprocessable.n += written - known.length;
  }

  return {
    assigned(positions) {
      partitions.clear();
      for (const [partition, position] of positions) partitions.set(partition, { settled: position, logEnd: position });
    },

    fetched(partition, logEnd) {
      const held = partitions.get(partition);
      if (held !== undefined) held.logEnd = logEnd;
    },

    settled(batch, outcomes, durationMs) {
      sizes.observe(batch.observations.length + batch.deadLetters.length);
      durations.observe(durationMs / 1_000);
      for (const { partition, to } of batch.ranges) {
        const held = partitions.get(partition);
        if (held !== undefined) held.settled = to;
      }
      let written = 0;
      for (const outcome of outcomes) {
        if (outcome.kind === "positions-ahead") continue;
        behind.n += outcome.behind;
        if (outcome.kind === "nothing-left") continue;
        observations.n += outcome.observations;
        noOps.n += outcome.noOps;
        identities.n += outcome.identities;
        merges.n += outcome.merges;
        restarts.n += outcome.restarts;
        outgrown.n += outcome.outgrown.length;
        written += outcome.deadLetters;
      }
      if (written > 0) countLetters(batch, written);
    },

    measureBatches: (reconcileBatch) => async (batch) => {
      try {
        return await reconcileBatch(batch);
      } catch (error) {
        failures[classifyFailure(error)].n += 1;
        throw error;
      }
    },

    measureRelay: (publisher, topics) => ({
      ...publisher,
      async publish(topic, records) {
        const places = await publisher.publish(topic, records);
        relayed[topic === topics.deadLetter ? "dead-letter" : "identity.resolved"].n += records.length;
        return places;
      },
    }),

    held(count) {
      countHeld = count;
    },

    relay(state) {
      relayState = state;
    },
  };
}
