import { createLogger } from "@kith/service-kit";
import { buildObservation } from "@kith/testkit/observations";
import { describe, expect, test } from "vitest";
import { type DecodedChunk, toBatch } from "./intake.ts";
import { InvariantViolation } from "./reconcile/assert-changes.ts";
import type { Batch, BatchOutcome } from "./reconcile/reconcile-batch.ts";
import { createSettle } from "./settle.ts";

/** An error as PostgreSQL sends it. */
const sqlError = (code: string) => Object.assign(new Error("refused"), { code });

function batchOf(count: number, isKept = true) {
  const records = Array.from({ length: count }, (_, offset) => {
    const observation = { ...buildObservation({ email: `o${offset}@x.io`, seenAt: offset + 1 }), partition: 0, offset };
    return {
      kind: "observation" as const,
      offset,
      bytes: 1,
      observation,
      record: isKept ? { offset, timestampMs: 0, key: null, value: null, headers: {} } : undefined,
    };
  });
  const chunk: DecodedChunk = { partition: 0, from: 0, to: count, records, isAwaited: false };
  return toBatch([chunk]);
}

/** Settles with a reconciler that follows `refuse`: an error to throw for a batch, or undefined to commit it. */
function setup(refuse: (batch: Batch, call: number) => Error | undefined, isStopping = () => false) {
  const committed: Batch[] = [];
  const sleeps: number[] = [];
  let calls = 0;
  const settle = createSettle({
    async reconcileBatch(batch): Promise<BatchOutcome> {
      const error = refuse(batch, ++calls);
      if (error !== undefined) throw error;
      if (batch.isTrial !== true) committed.push(batch);
      return {
        kind: "committed",
        observations: batch.observations.length,
        noOps: 0,
        identities: 0,
        deadLetters: batch.deadLetters.length,
        merges: 0,
        behind: 0,
        restarts: 0,
        outgrown: [],
      };
    },
    logger: createLogger({ service: "test", level: "silent" }),
    isStopping,
    sleep: async (ms) => void sleeps.push(ms),
    random: () => 0.5,
  });
  return { settle, committed, sleeps };
}

const offsets = (batches: Batch[]) => batches.map(({ ranges }) => [ranges[0]!.from, ranges[0]!.to]);
const deadLetters = (batches: Batch[]) =>
  batches.flatMap((batch) => batch.deadLetters.map((row) => [row.offset, row.code]));

describe("a retriable failure", () => {
  test.each(["40P01", "40001", "55P03", "57014", "53100", "08006", "57P01", "25006", "ECONNREFUSED"])(
    "%s is tried again until it succeeds, and nothing is dead-lettered",
    async (code) => {
      const { settle, committed, sleeps } = setup((_, call) => (call <= 20 ? sqlError(code) : undefined));
      expect(await settle(batchOf(3))).toMatchObject({ kind: "settled" });
      expect(sleeps).toHaveLength(20);
      expect(deadLetters(committed)).toEqual([]);
    },
  );

  test("waits longer from try to try, up to five seconds", async () => {
    const { settle, sleeps } = setup((_, call) => (call <= 12 ? sqlError("53300") : undefined));
    await settle(batchOf(1));
    expect(sleeps.slice(0, 4)).toEqual([50, 100, 200, 400]);
    expect(Math.max(...sleeps)).toBe(5_000);
  });

  test("is given up at shutdown: the batch stays in the log", async () => {
    const { settle } = setup(
      () => sqlError("53300"),
      () => true,
    );
    expect(await settle(batchOf(1))).toEqual({ kind: "stopped", reason: "shutdown" });
  });
});

describe("a suspect failure", () => {
  const poison = (offset: number) => (batch: Batch) =>
    batch.observations.some((one) => one.email === `o${offset}@x.io`) ? sqlError("22021") : undefined;

  test("one poisonous record among many becomes a dead letter, the others commit in order", async () => {
    const { settle, committed } = setup(poison(5));
    expect(await settle(batchOf(16))).toMatchObject({ kind: "settled" });
    expect(deadLetters(committed)).toEqual([[5, "unprocessable"]]);
    expect(committed.flatMap((batch) => batch.observations.map((one) => one.offset))).toEqual(
      Array.from({ length: 16 }, (_, offset) => offset).filter((offset) => offset !== 5),
    );
    const ranges = offsets(committed);
    for (const [index, range] of ranges.entries()) expect(range[0]).toBe(index === 0 ? 0 : ranges[index - 1]![1]);
  });

  test("costs one bisect, not one transaction per record", async () => {
    let calls = 0;
    const { settle } = setup((batch) => {
      calls += 1;
      return poison(700)(batch);
    });
    await settle(batchOf(1_024));
    expect(calls).toBeLessThan(30);
  });

  test("is read again with its records kept, before anything is split", async () => {
    const { settle, committed } = setup(poison(5));
    expect(await settle(batchOf(16, false))).toEqual({ kind: "read-again" });
    expect(committed).toEqual([]);
  });

  test("of everything gives up no record, however small the batch", async () => {
    const { settle, committed } = setup(() => new TypeError("a bug"));
    expect(await settle(batchOf(1))).toEqual({ kind: "stopped", reason: "breaker" });
    expect(committed).toEqual([]);
  });

  test("that passes just as a record has failed three times gives up no good order", async () => {
    for (let storm = 1; storm < 40; storm++) {
      const { settle, committed } = setup((_, call) => (call <= storm ? new TypeError("a bug") : undefined));
      const settled = await settle(batchOf(8));
      expect(deadLetters(committed)).toEqual([]);
      if (settled.kind === "settled") expect(committed.flatMap((batch) => batch.observations)).toHaveLength(8);
      else expect(settled).toEqual({ kind: "stopped", reason: "breaker" });
    }
  });

  test("more than a fifth of a batch stops the consumer", async () => {
    const { settle } = setup(() => new TypeError("a bug"));
    expect(await settle(batchOf(50))).toEqual({ kind: "stopped", reason: "breaker" });
  });
});

test("a violation stops at once, without another try", async () => {
  let calls = 0;
  const { settle } = setup(() => {
    calls += 1;
    return new InvariantViolation("size");
  });
  expect(await settle(batchOf(8))).toEqual({ kind: "stopped", reason: "violation" });
  expect(calls).toBe(1);
});
