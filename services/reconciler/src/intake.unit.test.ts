import { buildObservation } from "@kith/testkit/observations";
import { describe, expect, test } from "vitest";
import { createIntake, cut, type DecodedChunk } from "./intake.ts";

const LIMITS = { batchEventsMax: 10, batchBytesMax: 1_000 };

function chunk(partition: number, from: number, count: number, bytes = 10, isAwaited = false): DecodedChunk {
  const records = Array.from({ length: count }, (_, index) => {
    const offset = from + index;
    const observation = {
      ...buildObservation({ email: `p${partition}o${offset}@x.io`, seenAt: offset + 1 }),
      partition,
      offset,
    };
    return {
      kind: "observation" as const,
      offset,
      bytes,
      observation,
      record: { offset, timestampMs: 0, key: null, value: null, headers: {} },
    };
  });
  return { partition, from, to: from + count, records, isAwaited };
}

function setup(limits = LIMITS, positions: [number, number][] = [[0, 0]]) {
  const intake = createIntake(limits);
  intake.reset(new Map(positions));
  return intake;
}

describe("taking a batch", () => {
  test("takes whatever waits, of all partitions, as one batch", async () => {
    const intake = setup(LIMITS, [
      [0, 0],
      [1, 5],
    ]);
    await intake.add(chunk(0, 0, 2));
    await intake.add(chunk(1, 5, 3));
    await intake.add(chunk(0, 2, 1));
    const batch = await intake.take();
    expect(batch?.ranges).toEqual([
      { partition: 0, from: 0, to: 3 },
      { partition: 1, from: 5, to: 8 },
    ]);
    expect(batch?.observations).toHaveLength(6);
  });

  test("cuts at the greatest number of events and goes on where it cut", async () => {
    const intake = setup();
    void intake.add(chunk(0, 0, 25));
    const sizes = [];
    const ranges = [];
    for (let turn = 0; turn < 3; turn++) {
      const batch = await intake.take();
      sizes.push(batch?.observations.length);
      ranges.push(batch?.ranges[0]);
    }
    expect(sizes).toEqual([10, 10, 5]);
    expect(ranges).toEqual([
      { partition: 0, from: 0, to: 10 },
      { partition: 0, from: 10, to: 20 },
      { partition: 0, from: 20, to: 25 },
    ]);
  });

  test("cuts at the greatest number of bytes, but takes one record however large", async () => {
    const intake = setup({ batchEventsMax: 10, batchBytesMax: 100 });
    void intake.add(chunk(0, 0, 3, 400));
    expect((await intake.take())?.observations).toHaveLength(1);
  });

  test("a chunk without records still moves its partition on", async () => {
    const intake = setup();
    await intake.add({ partition: 0, from: 0, to: 7, records: [], isAwaited: false });
    expect((await intake.take())?.ranges).toEqual([{ partition: 0, from: 0, to: 7 }]);
  });

  test("waits for the first chunk, and ends when closed", async () => {
    const intake = setup();
    const taken = intake.take();
    await intake.add(chunk(0, 0, 1));
    expect((await taken)?.observations).toHaveLength(1);
    const last = intake.take();
    intake.close();
    expect(await last).toBeUndefined();
  });
});

describe("what whoever takes is told", () => {
  test("once, as soon as a whole batch waits", async () => {
    const intake = setup();
    let calls = 0;
    intake.whenFull(() => calls++);
    await intake.add(chunk(0, 0, 9, 10, true));
    expect(calls).toBe(0);
    void intake.add(chunk(0, 9, 1));
    void intake.add(chunk(0, 10, 1));
    expect(calls).toBe(1);
    intake.whenFull(() => calls++);
    expect(calls).toBe(2);
  });

  test("as soon as somebody waits for a record, if that is asked", async () => {
    const intake = setup();
    let calls = 0;
    intake.whenDue(() => calls++);
    await intake.add(chunk(0, 0, 2));
    expect(calls).toBe(0);
    await intake.add(chunk(0, 2, 1, 10, true));
    expect(calls).toBe(1);
    await intake.take();
    intake.whenDue(() => calls++);
    intake.whenDue(undefined);
    await intake.add(chunk(0, 3, 1, 10, true));
    expect(calls).toBe(1);
  });

  test("as soon as so many wait, one of them awaited", async () => {
    const intake = setup();
    let calls = 0;
    intake.whenDue(() => calls++, 4);
    await intake.add(chunk(0, 0, 3, 10, true));
    expect(calls).toBe(0);
    await intake.add(chunk(0, 3, 1));
    expect(calls).toBe(1);
  });
});

describe("backpressure", () => {
  test("whoever adds waits while a batch is waiting, and goes on when it is taken", async () => {
    const intake = setup();
    let added = false;
    const adding = intake.add(chunk(0, 0, 10)).then(() => {
      added = true;
    });
    await Promise.resolve();
    expect(added).toBe(false);
    await intake.take();
    await adding;
    expect(added).toBe(true);
  });
});

describe("after an assignment", () => {
  test("what was under way for the partition before is left out", async () => {
    const intake = setup(LIMITS, [[0, 100]]);
    await intake.add(chunk(0, 150, 5));
    await intake.add(chunk(0, 100, 2));
    expect((await intake.take())?.ranges).toEqual([{ partition: 0, from: 100, to: 102 }]);
  });

  test("a chunk that would leave a gap is left out", async () => {
    const intake = setup(LIMITS, [[0, 100]]);
    await intake.add(chunk(0, 100, 2));
    await intake.add(chunk(0, 105, 2));
    expect((await intake.take())?.ranges).toEqual([{ partition: 0, from: 100, to: 102 }]);
  });

  test("a reset forgets what waits and lets those go on who waited for room", async () => {
    const intake = setup();
    const adding = intake.add(chunk(0, 0, 20));
    intake.reset(new Map([[0, 3]]));
    await adding;
    await intake.add(chunk(0, 3, 1));
    expect((await intake.take())?.ranges).toEqual([{ partition: 0, from: 3, to: 4 }]);
  });
});

test("cutting keeps offsets contiguous over gaps in the log", () => {
  const whole = { ...chunk(0, 0, 1), to: 9, records: [chunk(0, 0, 1).records[0]!, chunk(0, 6, 1).records[0]!] };
  const [head, tail] = cut(whole, 1);
  expect([head?.from, head?.to, tail.from, tail.to]).toEqual([0, 6, 6, 9]);
});
