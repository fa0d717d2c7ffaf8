import { buildObservation } from "@kith/testkit/observations";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createIntake, type TakenBatch } from "./intake.ts";
import { createWriter } from "./writer.ts";

const SETTLE_MS = 10;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/**
 * A writer whose batches take ten milliseconds each. `taken` fills with when each was taken, and how many it held,
 * `backlogs` with what it tells before each.
 */
function startWriter() {
  const intake = createIntake({ batchEventsMax: 1_000, batchBytesMax: 1_000_000 });
  intake.reset(new Map([[0, 0]]));
  const taken: [atMs: number, count: number][] = [];
  const backlogs: boolean[] = [];
  const startedAtMs = Date.now();
  const run = createWriter({
    intake,
    async settle({ observations }: TakenBatch) {
      taken.push([Date.now() - startedAtMs, observations.length]);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      return { kind: "settled", outcomes: [] };
    },
    findResidual: async (observations) => [...observations],
    onSettled: () => undefined,
    onBacklog: (hasBacklog) => backlogs.push(hasBacklog),
  });
  const ended = run();
  let from = 0;
  return {
    taken,
    backlogs,
    /** Lets time pass, a millisecond at a time, so that what waits for what has its turn. */
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed++) await vi.advanceTimersByTimeAsync(1);
    },
    add(count: number, isAwaited = false) {
      const records = Array.from({ length: count }, (_, index) => {
        const offset = from + index;
        const observation = {
          ...buildObservation({ email: `o${offset}@x.io`, seenAt: offset + 1 }),
          partition: 0,
          offset,
        };
        return { kind: "observation" as const, offset, bytes: 10, observation, record: undefined };
      });
      void intake.add({ partition: 0, from, to: from + count, records, isAwaited });
      from += count;
    },
    async close() {
      intake.close();
      await vi.advanceTimersByTimeAsync(100);
      expect(await ended).toBe("closed");
    },
  };
}

test("one record after the other is taken at once", async () => {
  const { taken, pass, add, close } = startWriter();
  for (let turn = 0; turn < 3; turn++) {
    add(1);
    await pass(SETTLE_MS + 1);
  }
  expect(taken.map(([, count]) => count)).toEqual([1, 1, 1]);
  expect(taken[2]![0]).toBeLessThan(3 * SETTLE_MS);
  await close();
});

test("after a few, records gather for three milliseconds", async () => {
  const { taken, pass, add, close } = startWriter();
  add(2);
  await pass(SETTLE_MS);
  add(1);
  await pass(1);
  add(1);
  await pass(3);
  expect(taken).toEqual([
    [0, 2],
    [SETTLE_MS + 3, 2],
  ]);
  await close();
});

test("unless sixteen are there, for one of which somebody waits", async () => {
  const { taken, pass, add, close } = startWriter();
  add(2);
  await pass(SETTLE_MS);
  add(15, true);
  await pass(1);
  expect(taken).toHaveLength(1);
  add(1);
  await pass(1);
  expect(taken[1]).toEqual([SETTLE_MS + 1, 16]);
  await close();
});

test("after many, they gather for sixty", async () => {
  const { taken, pass, add, close } = startWriter();
  add(32);
  await pass(SETTLE_MS);
  for (let turn = 0; turn < 6; turn++) {
    add(5);
    await pass(10);
  }
  expect(taken).toEqual([
    [0, 32],
    [SETTLE_MS + 60, 30],
  ]);
  await close();
});

test.each([
  ["somebody waits for one of them", 5, true],
  ["a whole batch is there", 1_000, false],
])("but no longer than until %s", async (_, count, isAwaited) => {
  const { taken, pass, add, close } = startWriter();
  add(32);
  await pass(SETTLE_MS + 20);
  add(1);
  await pass(5);
  expect(taken).toHaveLength(1);
  add(count, isAwaited);
  await pass(1);
  expect(taken).toHaveLength(2);
  await close();
});

test("and three milliseconds where somebody waits from the start", async () => {
  const { taken, pass, add, close } = startWriter();
  add(32);
  await pass(5);
  add(1, true);
  add(1);
  await pass(SETTLE_MS);
  expect(taken).toEqual([
    [0, 32],
    [SETTLE_MS + 3, 2],
  ]);
  await close();
});

test("it tells of a backlog as long as whole batches are waiting", async () => {
  const { taken, backlogs, pass, add, close } = startWriter();
  for (const count of [1_000, 1_000, 1_000, 5]) add(count);
  await pass(5 * SETTLE_MS + 60);
  expect(taken.map(([, count]) => count)).toEqual([1_000, 1_000, 1_000, 5]);
  expect(backlogs).toEqual([false, true, true, false, false]);
  await close();
});
