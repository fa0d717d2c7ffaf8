import { createReceipts } from "@kith/contracts";
import { type LogPlace, PublishError } from "@kith/kafka";
import { createLogger } from "@kith/service-kit";
import { afterEach, describe, expect, it } from "vitest";
import { LIMITS } from "../config.ts";
import { type Accepted, createOrderLog, type OrderLog, type OrderLogOptions } from "./order-log.ts";

const FIRST = { topicId: "6864fe50-21b4-4653-aab0-29e7e5918993", partitions: 6 };
const SECOND = { topicId: "1b6afb04-3b9a-488d-b919-a7230b4871e0", partitions: 12 };
const SECRET = "secret of this test";
const record = { key: "k", value: "{}", partition: 0 };

const open: OrderLog[] = [];
afterEach(async () => {
  for (const log of open.splice(0)) await log.close();
});

/** The decisions around a publisher, which here does as the test says. */
function setup(limits: Partial<OrderLogOptions["limits"]> = {}) {
  const broker = {
    topic: FIRST as typeof FIRST | undefined,
    isAway: false,
    offset: 0,
    publishError: undefined as Error | undefined,
    publishes: 0,
    looks: 0,
  };
  const reach = async () => {
    broker.looks += 1;
    if (broker.isAway) throw Object.assign(new Error("no broker"), { code: "ECONNREFUSED" });
  };
  const entries: string[] = [];
  const log = createOrderLog({
    topic: "order.identity",
    publisher: {
      connect: reach,
      async publish(_topic, records): Promise<LogPlace[]> {
        broker.publishes += 1;
        if (broker.publishError) throw broker.publishError;
        return records.map(() => ({ partition: 0, offset: broker.offset++ }));
      },
      close: async () => undefined,
    },
    async describeTopic() {
      await reach();
      return broker.topic;
    },
    readReceiptSecret: async () => SECRET,
    logger: createLogger({ service: "test", level: "info", destination: { write: (line) => entries.push(line) } }),
    limits: { ...LIMITS, ...limits },
    isEnough: () => false,
  });
  open.push(log);
  return { broker, log, entries };
}

const isReady = (log: OrderLog) => expect.poll(log.isReady);

describe("createOrderLog", () => {
  it("issues receipts of the topic's id and the record's place", async () => {
    const { broker, log } = setup();
    log.start();
    await isReady(log).toBe(true);
    broker.offset = 41;
    const { receipt } = await log.publish({ eventId: "evt-1", record });
    expect(createReceipts(SECRET).read(receipt)).toEqual({ topicId: FIRST.topicId, partition: 0, offset: 41 });
    expect(log.partitions()).toBe(6);
  });

  it("tells the outcome of each of many orders, in their order, also where some find no room", async () => {
    const { broker, log } = setup({ publishRecordsMax: 3 });
    log.start();
    await isReady(log).toBe(true);
    broker.offset = 41;
    const orders = ["a", "b", "c", "d", "e"].map((eventId) => ({ eventId, record }));
    const outcomes = await log.publishAll(orders);
    const places = outcomes.slice(0, 3).map((outcome) => {
      const { eventId, receipt } = outcome as Accepted;
      return [eventId, createReceipts(SECRET).read(receipt)?.offset];
    });
    expect(places).toEqual([
      ["a", 41],
      ["b", 42],
      ["c", 43],
    ]);
    expect(outcomes.slice(3)).toMatchObject([
      { code: "overloaded", extras: { eventId: "d" } },
      { code: "overloaded", extras: { eventId: "e" } },
    ]);
    broker.publishError = new PublishError("unknown", "the send failed");
    expect(await log.publishAll(orders.slice(0, 1))).toMatchObject([{ code: "log-unavailable" }]);
    expect(await log.publishAll([])).toEqual([]);
  });

  it.each([
    ["the broker", { isAway: true }, { isAway: false }],
    ["the topic", { topic: undefined }, { topic: FIRST }],
  ])("waits for %s without a word too many, and goes on when it is there", async (_what, away, back) => {
    const { broker, log, entries } = setup();
    Object.assign(broker, away);
    log.start();
    await expect.poll(() => entries.length).toBeGreaterThan(0);
    expect([log.isReady(), log.partitions()]).toEqual([false, undefined]);
    await expect.poll(() => broker.looks).toBeGreaterThan(2);
    expect(entries).toHaveLength(1);
    Object.assign(broker, back);
    await isReady(log).toBe(true);
    expect(await log.publish({ eventId: "evt-1", record })).toBeTruthy();
  });

  it("refuses at once after a failed publish while the log is away, and recovers by itself", async () => {
    const { broker, log } = setup();
    log.start();
    await isReady(log).toBe(true);
    broker.publishError = new PublishError("unknown", "connection lost");
    broker.isAway = true;
    await expect(log.publish({ eventId: "evt-1", record })).rejects.toMatchObject({
      code: "log-unavailable",
      retryAfterSeconds: 1,
      extras: { eventId: "evt-1" },
    });
    expect([log.isReady(), log.partitions()]).toEqual([false, undefined]);
    broker.publishError = undefined;
    broker.isAway = false;
    await isReady(log).toBe(true);
    expect(await log.publish({ eventId: "evt-1", record })).toBeTruthy();
    expect(log.partitions()).toBe(6);
  });

  it("reads the topic's id again before it issues a receipt for an offset that went back", async () => {
    const { broker, log } = setup();
    log.start();
    await isReady(log).toBe(true);
    broker.offset = 100;
    await log.publish({ eventId: "evt-1", record });
    broker.topic = SECOND;
    broker.offset = 0;
    const { receipt } = await log.publish({ eventId: "evt-1", record });
    expect(createReceipts(SECRET).read(receipt)).toEqual({ topicId: SECOND.topicId, partition: 0, offset: 0 });
    expect(log.partitions()).toBe(12);
  });

  it("logs a failed publish once, not once per order", async () => {
    const { broker, log, entries } = setup();
    log.start();
    await isReady(log).toBe(true);
    broker.publishError = new PublishError("not-written", "no broker");
    await Promise.allSettled(Array.from({ length: 50 }, () => log.publish({ eventId: "evt-1", record })));
    expect(entries.filter((entry) => entry.includes("publish failed"))).toHaveLength(1);
    expect(broker.publishes).toBe(1);
  });
});
