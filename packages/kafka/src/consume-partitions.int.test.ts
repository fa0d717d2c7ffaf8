/**
 * What any client library behind this package must hold. The names follow what can go wrong, not how it is done here.
 * This file: reading. Beside it: consumer-positions and consumer-membership.
 */
import kafkajs from "kafkajs";
import { describe, expect, it } from "vitest";
import { createPublisher } from "./create-publisher.ts";
import { cutLog } from "./testing/change-topic.ts";
import { freshTopic, randomGroup } from "./testing/fresh-topic.ts";
import { createPositionStore } from "./testing/position-store.ts";
import {
  expectContiguous,
  expectNumbers,
  inNumericalOrder,
  PARTITIONS,
  useConsumers,
} from "./testing/use-consumers.ts";

const { client, publisher, warnings, consume, publishNumbers } = useConsumers();

describe("reading", () => {
  it("delivers every record once, in order, with its key, value, headers and time", async () => {
    const topic = await freshTopic(client);
    const before = Date.now();
    await publisher.publish(topic, [
      { key: "k", value: "v", headers: { "ce-id": "7" }, partition: 1 },
      { key: null, value: null, partition: 1 },
    ]);
    const store = createPositionStore();
    await consume(store, { topic, groupId: randomGroup() });
    await expect.poll(() => store.applied.length).toBe(2);
    const [first, second] = store.applied;
    expect(first).toMatchObject({ partition: 1, offset: 0, key: Buffer.from("k"), value: Buffer.from("v") });
    expect(String(first!.headers["ce-id"])).toBe("7");
    expect(first!.timestampMs).toBeGreaterThanOrEqual(before);
    expect(second).toMatchObject({ partition: 1, offset: 1, key: null, value: null });
    expect(store.chunks[0]).toMatchObject({ partition: 1, from: 0, to: 2, logEnd: 2 });
  });

  it("keeps the order within partitions over many chunks", async () => {
    const topic = await freshTopic(client);
    for (let from = 0; from < 6_000; from += 300) await publishNumbers(topic, from, from + 300);
    const store = createPositionStore();
    await consume(store, { topic, groupId: randomGroup(), maxBytesPerPartition: 4_096 });
    await expectNumbers(store, 6_000);
    expectContiguous(store);
    expect(store.chunks.length).toBeGreaterThan(10);
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const values = store.applied.filter((record) => record.partition === partition).map(({ value }) => String(value));
      expect(values).toEqual(inNumericalOrder(values));
    }
  });

  it.each(["none", "gzip", "snappy", "lz4", "zstd"] as const)("reads what was packed with %s", async (compression) => {
    const topic = await freshTopic(client);
    const packing = createPublisher(client, { deadlineMs: 20_000, compression });
    await packing.publish(
      topic,
      Array.from({ length: 500 }, (_, index) => ({ key: null, value: `${index}`, partition: 0 })),
    );
    await packing.close();
    const store = createPositionStore();
    await consume(store, { topic, groupId: randomGroup() });
    await expectNumbers(store, 500);
  });

  it("does not let a large batch wait behind small ones", async () => {
    const topic = await freshTopic(client);
    await publisher.publish(topic, [
      { key: null, value: "small", partition: 0 },
      { key: null, value: "x".repeat(900_000), partition: 1 },
    ]);
    const store = createPositionStore();
    let isBlocked = true;
    // Partition 0 always has something new; the large record comes all the same.
    await consume(store, {
      topic,
      groupId: randomGroup(),
      async onChunk(chunk) {
        store.apply(chunk);
        if (chunk.partition === 1) isBlocked = false;
        else if (isBlocked) void publisher.publish(topic, [{ key: null, value: "small", partition: 0 }]);
      },
    });
    await expect.poll(() => isBlocked).toBe(false);
  });

  it("waits for the caller without losing its place in the group", async () => {
    const topic = await freshTopic(client);
    await publishNumbers(topic, 0, 3);
    const store = createPositionStore();
    const gate = Promise.withResolvers<void>();
    let waiting = 0;
    const consumer = await consume(store, {
      topic,
      groupId: randomGroup(),
      async onChunk(chunk) {
        waiting += 1;
        await gate.promise;
        store.apply(chunk);
      },
    });
    // Partitions are delivered side by side.
    await expect.poll(() => waiting).toBe(PARTITIONS);
    await publishNumbers(topic, 3, 6);
    expect(store.applied).toEqual([]);
    expect(consumer.state().alive).toBe(true);
    gate.resolve();
    await expectNumbers(store, 6);
    expect(store.assignments).toHaveLength(1);
  });

  it("reads partitions from the positions the caller has, and those it has none for from the log's start", async () => {
    const topic = await freshTopic(client);
    await publishNumbers(topic, 0, 30);
    await cutLog(client, topic, 2, 4);
    const store = createPositionStore([[0, 9]]);
    await consume(store, { topic, groupId: randomGroup() });
    await expect.poll(() => store.applied.length).toBe(1 + 10 + 6);
    expect(Object.fromEntries(store.chunks.map(({ partition, from }) => [partition, from]))).toEqual({
      0: 9,
      1: 0,
      2: 4,
    });
  });

  it("asks for positions until it gets them", async () => {
    const topic = await freshTopic(client);
    await publishNumbers(topic, 0, 3);
    const store = createPositionStore();
    let refusals = 3;
    await consume(store, {
      topic,
      groupId: randomGroup(),
      async startOffsets() {
        if (refusals-- > 0) throw new Error("the database is away");
        return new Map();
      },
    });
    await expectNumbers(store, 3);
    expect(refusals).toBe(-1);
  });

  it("starts before its topic exists", async () => {
    const store = createPositionStore();
    const topic = `${randomGroup()}-later`;
    await consume(store, { topic, groupId: randomGroup() });
    await freshTopic(client, { name: topic });
    await publishNumbers(topic, 0, 3);
    await expectNumbers(store, 3);
  });
});

it("Node has nothing to warn of", () => {
  expect(kafkajs.Kafka).toBeDefined();
  expect(warnings).toEqual([]);
});
