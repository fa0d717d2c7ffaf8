/**
 * What happens to a batch: committed, repeated for ever, split, or the consumer stops. Errors are classified here and
 * nowhere else.
 *
 * retriable  the database is away or busy: wait and repeat, nothing is ever dead-lettered for it
 * suspect    it may be a record: split the batch; one that fails alone, while an ordinary order does not, becomes a dead letter
 * violation  a bug of ours was about to break the graph: stop
 */
import { randomUUID } from "node:crypto";
import { classifyFailure } from "@kith/database";
import type { Logger } from "@kith/service-kit";
import { cut, type DecodedChunk, type TakenBatch, toBatch } from "./intake.ts";
import type { DecodedRecord } from "./pipeline.ts";
import { InvariantViolation } from "./reconcile/assert-changes.ts";
import type { Batch, BatchOutcome, PlacedObservation } from "./reconcile/reconcile-batch.ts";
import { describeDeadLetter } from "./steps/describe-dead-letter.ts";

export type SettleDependencies = {
  readonly reconcileBatch: (batch: Batch) => Promise<BatchOutcome>;
  readonly logger: Logger;
  readonly isStopping: () => boolean;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
};

/** `stopped` leaves the batch in the log, where the next start finds it. */
export type Settled =
  | { kind: "settled"; outcomes: BatchOutcome[] }
  | { kind: "positions-ahead" }
  /** A record may be at fault and none was kept: read the batch again and keep them. */
  | { kind: "read-again" }
  | { kind: "stopped"; reason: "shutdown" | "violation" | "breaker" };

const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 5_000;
const TRIES_ALONE = 3;
/** More than this share of a batch failing for unknown reasons is a bug or a broken database, not bad records. */
const BREAKER_SHARE = 0.2;

export function createSettle(dependencies: SettleDependencies) {
  const { reconcileBatch, logger, isStopping, sleep, random } = dependencies;

  return async function settle(batch: TakenBatch): Promise<Settled> {
    const outcomes: BatchOutcome[] = [];
    const records = batch.observations.length + batch.deadLetters.length;
    const unprocessableMax = Math.max(1, Math.floor(records * BREAKER_SHARE));
    let unprocessable = 0;
    // A stack of parts in log order: a part that fails is replaced by its halves.
    const parts: TakenBatch[] = [batch];
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const result = await attempt(part);
      if (result.kind === "settled") {
        outcomes.push(...result.outcomes);
        continue;
      }
      if (result.kind !== "suspect") return result;
      if (!isKept(part)) return { kind: "read-again" };
      const halves = split(part);
      if (halves !== undefined) {
        parts.push(halves[1], halves[0]);
        continue;
      }
      if (++unprocessable > unprocessableMax) {
        logger.fatal({ records, unprocessable }, "too many records fail for an unknown reason: the consumer stops");
        return { kind: "stopped", reason: "breaker" };
      }
      const judged = await judge(part, result.error);
      if (judged.kind === "settled") outcomes.push(...judged.outcomes);
      else if (judged.kind === "dead-letter") parts.push(judged.letter);
      else return judged;
    }
    return { kind: "settled", outcomes };
  };

  /**
   * A record failed alone three times. It is at fault only if an ordinary order goes through in its place, and it fails
   * once more after that; where that fails too, everything does, and no record may be given up for it.
   */
  async function judge(
    part: TakenBatch,
    error: unknown,
  ): Promise<Settled | { kind: "dead-letter"; letter: TakenBatch }> {
    const letter = asUnprocessable(part);
    const trial = await attempt({ ...letter, observations: [ordinaryOrder(part)], isTrial: true });
    if (trial.kind === "suspect") {
      logger.fatal({ err: trial.error, ranges: part.ranges }, "an ordinary order fails as well: the consumer stops");
      return { kind: "stopped", reason: "breaker" };
    }
    if (trial.kind !== "settled") return trial;
    const again = await attempt(part);
    if (again.kind !== "suspect") return again;
    logger.error({ err: error, ranges: part.ranges }, "a record fails alone, again and again: dead letter");
    return { kind: "dead-letter", letter };
  }

  async function attempt(batch: TakenBatch): Promise<Settled | { kind: "suspect"; error: unknown }> {
    const isAlone = batch.observations.length + batch.deadLetters.length <= 1;
    let suspected = 0;
    for (let tries = 0; ; tries++) {
      if (isStopping() && tries > 0) return { kind: "stopped", reason: "shutdown" };
      try {
        const outcome = await reconcileBatch(batch);
        return outcome.kind === "positions-ahead" ? outcome : { kind: "settled", outcomes: [outcome] };
      } catch (error) {
        if (error instanceof InvariantViolation) {
          logger.fatal({ err: error, ranges: batch.ranges }, "the batch was rolled back: the consumer stops");
          return { kind: "stopped", reason: "violation" };
        }
        if (classifyFailure(error) === "suspect") {
          suspected += 1;
          if (!isAlone || suspected >= TRIES_ALONE) return { kind: "suspect", error };
        }
        // A COMMIT whose answer was lost is found out by the repeat: its offsets have moved, so nothing is left to do.
        logger.warn({ err: error, tries, ranges: batch.ranges }, "the batch is tried again");
        const backoff = Math.min(BACKOFF_FIRST_MS * 2 ** Math.min(tries, 10), BACKOFF_MAX_MS);
        await sleep(backoff * (0.5 + random()));
      }
    }
  }
}

function isKept(batch: TakenBatch): boolean {
  return batch.chunks.every((chunk) =>
    chunk.records.every((record) => record.kind === "dead-letter" || record.record !== undefined),
  );
}

/** Two halves in log order, or undefined for a single record. */
function split(batch: TakenBatch): [TakenBatch, TakenBatch] | undefined {
  const total = batch.chunks.reduce((sum, chunk) => sum + chunk.records.length, 0);
  if (total <= 1) return undefined;
  let left = Math.floor(total / 2);
  const first: DecodedChunk[] = [];
  const second: DecodedChunk[] = [];
  for (const chunk of batch.chunks) {
    if (left >= chunk.records.length) {
      first.push(chunk);
      left -= chunk.records.length;
    } else if (left > 0) {
      const [head, tail] = cut(chunk, left);
      first.push(head!);
      second.push(tail);
      left = 0;
    } else {
      second.push(chunk);
    }
  }
  return [toBatch(first), toBatch(second)];
}

function asUnprocessable(batch: TakenBatch): TakenBatch {
  return toBatch(
    batch.chunks.map((chunk) => ({
      ...chunk,
      records: chunk.records.map((record): DecodedRecord => {
        if (record.kind === "dead-letter" || record.record === undefined) return record;
        const why = { code: "unprocessable", reason: "it failed alone three times" };
        const deadLetter = describeDeadLetter(record.record, chunk.partition, why);
        return { kind: "dead-letter", offset: record.offset, bytes: record.bytes, deadLetter };
      }),
    })),
  );
}

/** An order of somebody who does not exist, at the place of the record in doubt: it writes to every table. */
function ordinaryOrder({ ranges }: TakenBatch): PlacedObservation {
  const { partition, from: offset } = ranges[0]!;
  const obsId = randomUUID();
  const email = `${obsId}@trial.invalid`;
  return { obsId, eventId: obsId, orderId: null, email, phone: obsId, seenAt: Date.now() * 1_000, partition, offset };
}
