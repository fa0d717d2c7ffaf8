import type { LogPlace } from "@kith/kafka";
import { afterEach, describe, expect, it } from "vitest";
import {
  type CoalescingPublisher,
  type CoalescingPublisherOptions,
  createCoalescingPublisher,
  type ValuedRecord,
} from "./coalescing-publisher.ts";

const open: CoalescingPublisher[] = [];
afterEach(async () => {
  for (const publisher of open.splice(0)) {
    publisher.rejectWaiting();
    await publisher.close();
  }
});

type Produce = { records: readonly ValuedRecord[]; succeed(): void; fail(error: Error): void };

/** A log whose produces end when the test says so. */
function setup(limits: Partial<Omit<CoalescingPublisherOptions, "produce">> = {}) {
  const produces: Produce[] = [];
  let offset = 0;
  const publisher = createCoalescingPublisher({
    produce(records) {
      const done = Promise.withResolvers<LogPlace[]>();
      const succeed = () => done.resolve(records.map(() => ({ partition: 0, offset: offset++ })));
      produces.push({ records, succeed, fail: done.reject });
      return done.promise;
    },
    recordsMax: 1_000,
    bytesMax: 1_000_000,
    produceRecordsMax: 100,
    produceBytesMax: 100_000,
    queueMs: 60_000,
    nowMs: Date.now,
    lingerMs: 1,
    isEnough: () => false,
    ...limits,
  });
  open.push(publisher);
  const publish = (value: string) => {
    const result = new Promise<LogPlace>((resolve, reject) => {
      const receiver = {
        taken: (index: number, place: LogPlace) => (index === 7 ? resolve(place) : reject(index)),
        refused: (index: number, error: unknown) => reject(index === 7 ? error : index),
      };
      publisher.publish({ key: "k", value, partition: 0 }, receiver, 7);
    });
    result.catch(() => undefined);
    return result;
  };
  const produceAt = async (index: number) => {
    await expect.poll(() => produces.length, { interval: 1 }).toBeGreaterThan(index);
    return produces[index] as Produce;
  };
  return { publisher, publish, produces, produceAt };
}

describe("createCoalescingPublisher", () => {
  it("sends what came together in one produce, and what comes meanwhile in the next", async () => {
    const { publish, produces, produceAt } = setup();
    const first = [publish("a"), publish("b")];
    const one = await produceAt(0);
    const second = [publish("c"), publish("d"), publish("e")];
    one.succeed();
    expect(await Promise.all(first)).toEqual([0, 1].map((offset) => ({ partition: 0, offset })));
    (await produceAt(1)).succeed();
    expect(await Promise.all(second)).toEqual([2, 3, 4].map((offset) => ({ partition: 0, offset })));
    expect(produces.map(({ records }) => records.map(({ value }) => value))).toEqual([
      ["a", "b"],
      ["c", "d", "e"],
    ]);
  });

  it.each([
    ["enough have come", { isEnough: (records: number) => records >= 3 }],
    ["there is enough for one produce", { produceRecordsMax: 3 }],
  ])("waits for company after a produce of several, until %s", async (_until, limits) => {
    const { publish, produces, produceAt } = setup({ lingerMs: 5_000, ...limits });
    const all = [publish("a"), publish("b")];
    (await produceAt(0)).succeed();
    await Promise.all(all);
    for (const value of ["c", "d"]) {
      all.push(publish(value));
      await new Promise(setImmediate);
    }
    expect(produces).toHaveLength(1);
    all.push(publish("e"));
    await new Promise(setImmediate);
    expect(produces).toHaveLength(2);
    (await produceAt(1)).succeed();
    await Promise.all(all);
    expect(produces[1]!.records.map(({ value }) => value)).toEqual(["c", "d", "e"]);
  });

  it("splits what is too much for one produce", async () => {
    const { publish, produceAt } = setup({ produceRecordsMax: 2 });
    const all = Promise.all([publish("a"), publish("b"), publish("c")]);
    (await produceAt(0)).succeed();
    (await produceAt(1)).succeed();
    expect((await all).map(({ offset }) => offset)).toEqual([0, 1, 2]);
  });

  it("gives the error of a produce to its own records only", async () => {
    const { publish, produceAt } = setup();
    const lost = publish("a");
    const one = await produceAt(0);
    const kept = publish("b");
    one.fail(new Error("no broker"));
    await expect(lost).rejects.toThrow("no broker");
    (await produceAt(1)).succeed();
    await expect(kept).resolves.toEqual({ partition: 0, offset: 0 });
  });

  it.each([
    ["records", { recordsMax: 2 }],
    ["bytes", { bytesMax: 900 }],
  ])("refuses above the limit of %s, and takes again when there is room", async (_what, limits) => {
    const { publish, produceAt } = setup(limits);
    const taken = [publish("a"), publish("b")];
    await expect(publish("c")).rejects.toMatchObject({ code: "overloaded" });
    (await produceAt(0)).succeed();
    await Promise.all(taken);
    const again = publish("d");
    (await produceAt(1)).succeed();
    await expect(again).resolves.toBeTruthy();
  });

  it("gives up on a record that waits too long, but not on those in a produce", async () => {
    const { publish, produceAt } = setup({ queueMs: 50 });
    const inFlight = publish("a");
    const one = await produceAt(0);
    await expect(publish("b")).rejects.toMatchObject({ code: "log-unavailable" });
    one.succeed();
    await expect(inFlight).resolves.toBeTruthy();
  });

  it("lets go of everything when told to, and ignores how the produce ends", async () => {
    const { publisher, publish, produceAt } = setup({ produceRecordsMax: 1 });
    const both = [publish("a"), publish("b")];
    const one = await produceAt(0);
    publisher.abandon();
    for (const lost of both) await expect(lost).rejects.toMatchObject({ code: "log-unavailable" });
    one.succeed();
    await publisher.close();
  });

  it("closes when all that was taken is settled, and takes no more", async () => {
    const { publisher, publish, produceAt } = setup();
    const taken = publish("a");
    let isClosed = false;
    const closed = publisher.close().then(() => (isClosed = true));
    await expect(publish("b")).rejects.toMatchObject({ code: "shutting-down" });
    const one = await produceAt(0);
    expect(isClosed).toBe(false);
    one.succeed();
    await taken;
    await closed;
  });
});
