/** What any client library behind this package must hold. The names follow what can go wrong, not how it is done here. */
import kafkajs from "kafkajs";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { ConsumeOptions, PartitionConsumer } from "./consume-partitions.ts";
import { createPublisher } from "./create-publisher.ts";
import { closeKafka, internalsOf } from "./kafka-client.ts";
import { readLogBounds } from "./read-log-bounds.ts";
import { addPartitions, cutLog, deleteTopics } from "./testing/change-topic.ts";
import { freshTopic, randomGroup, testClient } from "./testing/fresh-topic.ts";
import { createPositionStore, type PositionStore, startConsumer } from "./testing/position-store.ts";
import { describeTopic } from "./topic-id.ts";

const PARTITIONS = 3;
const warnings: string[] = [];
process.on("warning", (warning) => warnings.push(warning.name));

const client = testClient();
const publisher = createPublisher(client, { deadlineMs: 20_000 });
const consumers: PartitionConsumer[] = [];
afterEach(() => Promise.all(consumers.splice(0).map((consumer) => consumer.stop())));
afterAll(async () => {
  await publisher.close();
  await closeKafka(client);
});

async function consume(
  store: PositionStore,
  options: Pick<ConsumeOptions, "topic" | "groupId"> & Partial<ConsumeOptions>,
): Promise<PartitionConsumer> {
  const consumer = await startConsumer(client, store, options);
  consumers.push(consumer);
  return consumer;
}

/** Publishes `value` 0, 1, 2 …, spread over the partitions in turn. */
async function publishNumbers(topic: string, from: number, to: number): Promise<void> {
  const records = Array.from({ length: to - from }, (_, index) => ({
    key: `${from + index}`,
    value: `${from + index}`,
    partition: (from + index) % PARTITIONS,
  }));
  await publisher.publish(topic, records);
}

const numbers = (to: number): string[] => Array.from({ length: to }, (_, index) => `${index}`);
const sorted = (values: readonly string[]): string[] => [...values].sort((a, b) => Number(a) - Number(b));

async function expectNumbers(store: PositionStore, to: number): Promise<void> {
  await expect.poll(() => store.applied.length).toBeGreaterThanOrEqual(to);
  expect(sorted(store.values())).toEqual(numbers(to));
}

/** Chunks of each partition follow one another without a gap, and their records lie inside. */
function expectContiguous(store: PositionStore): void {
  const next = new Map<number, number>();
  for (const { partition, from, to, records } of store.chunks) {
    if (next.has(partition)) expect(from).toBe(next.get(partition));
    next.set(partition, to);
    expect(to).toBeGreaterThan(from);
    for (const { offset } of records) {
      expect(offset).toBeGreaterThanOrEqual(from);
      expect(offset).toBeLessThan(to);
    }
  }
}

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
      expect(values).toEqual(sorted(values));
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

describe("positions", () => {
  it("what Kafka has as committed is overruled by what the caller has", async () => {
    const topic = await freshTopic(client);
    const groupId = randomGroup();
    await publishNumbers(topic, 0, 30);
    const store = createPositionStore();
    const first = await consume(store, { topic, groupId });
    await expectNumbers(store, 30);
    await first.commit(
      new Map([
        [0, 10],
        [1, 2],
        [2, 7],
      ]),
    );
    await first.stop();
    const committed = await internalsOf(client).admin.ask((admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
    expect(committed[0]!.partitions.map(({ offset }) => offset).sort()).toEqual(["10", "2", "7"]);

    const again = createPositionStore([
      [0, 3],
      [1, 10],
      [2, 0],
    ]);
    await consume(again, { topic, groupId });
    await expect.poll(() => again.applied.length).toBe(7 + 0 + 10);
    expect(again.chunks.find(({ partition }) => partition === 0)!.from).toBe(3);
    expect(again.chunks.find(({ partition }) => partition === 2)!.from).toBe(0);
  });

  it("a crash before the caller stored anything delivers the same again", async () => {
    const topic = await freshTopic(client);
    const groupId = randomGroup();
    await publishNumbers(topic, 0, 30);
    const seen: number[] = [];
    const crashed = await consume(createPositionStore(), {
      topic,
      groupId,
      async onChunk({ records }) {
        seen.push(records.length);
      },
    });
    await expect.poll(() => seen.reduce((sum, count) => sum + count, 0)).toBe(30);
    await crashed.stop();
    const store = createPositionStore();
    await consume(store, { topic, groupId });
    await expectNumbers(store, 30);
  });

  it("a chunk the caller refuses is delivered again from where the caller says", async () => {
    const topic = await freshTopic(client);
    await publishNumbers(topic, 0, 30);
    const store = createPositionStore();
    let refusals = 0;
    await consume(store, {
      topic,
      groupId: randomGroup(),
      async onChunk(chunk) {
        if (chunk.partition === 1 && refusals < 3) {
          refusals += 1;
          throw new Error("the transaction was rolled back");
        }
        store.apply(chunk);
      },
    });
    await expectNumbers(store, 30);
    expect(refusals).toBe(3);
    expect(store.fatals).toEqual([]);
    expectContiguous(store);
  });

  it("commit never rejects", async () => {
    const consumer = await consume(createPositionStore(), { topic: await freshTopic(client), groupId: randomGroup() });
    await consumer.commit(new Map([[0, 1]]));
    await consumer.stop();
    await consumer.commit(
      new Map([
        [0, 1],
        [99, 5],
      ]),
    );
  });
});

describe("rebalances", () => {
  it("lose nothing and apply nothing twice while members come and go", async () => {
    const topic = await freshTopic(client);
    const groupId = randomGroup();
    const store = createPositionStore();
    let published = 0;
    const publishSome = async (): Promise<void> => {
      await publishNumbers(topic, published, published + 300);
      published += 300;
    };
    await publishSome();
    const first = await consume(store, { topic, groupId });
    await publishSome();
    const second = await consume(store, { topic, groupId });
    await publishSome();
    await expect.poll(() => first.state().assigned.length + second.state().assigned.length).toBe(PARTITIONS);
    await expect.poll(() => Math.min(first.state().assigned.length, second.state().assigned.length)).toBe(1);
    await publishSome();
    const third = await consume(store, { topic, groupId });
    await publishSome();
    await first.stop();
    await publishSome();
    await second.stop();
    await publishSome();
    await expectNumbers(store, published);
    expect([...third.state().assigned]).toEqual([0, 1, 2]);
    expect(store.fatals).toEqual([]);
  });

  it("find partitions that were added to the topic", async () => {
    const topic = await freshTopic(client);
    const groupId = randomGroup();
    const store = createPositionStore();
    await consume(store, { topic, groupId });
    await publishNumbers(topic, 0, 3);
    await expectNumbers(store, 3);
    await addPartitions(client, topic, PARTITIONS + 1);
    // A second member makes the group look at the topic now rather than within a minute.
    await consume(store, { topic, groupId });
    // This publisher has never heard of the topic, so it cannot know it as it was.
    const late = createPublisher(client, { deadlineMs: 20_000 });
    await late.publish(topic, [{ key: null, value: "3", partition: PARTITIONS }]);
    await late.close();
    await expectNumbers(store, 4);
  });
});

describe("stopping", () => {
  it("waits for the chunk under way and leaves the group at once", async () => {
    const topic = await freshTopic(client);
    const groupId = randomGroup();
    await publishNumbers(topic, 0, 1);
    const store = createPositionStore();
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const consumer = await consume(store, {
      topic,
      groupId,
      async onChunk(chunk) {
        begun.resolve();
        await gate.promise;
        store.apply(chunk);
      },
    });
    await begun.promise;
    const stopping = consumer.stop();
    expect(consumer.state().alive).toBe(false);
    gate.resolve();
    await stopping;
    expect(store.values()).toEqual(["0"]);
    const { groups } = await internalsOf(client).admin.ask((admin) => admin.describeGroups([groupId]));
    expect(groups[0]!.members).toEqual([]);
  });

  it("does not wait for ever for a caller who never finishes", async () => {
    const topic = await freshTopic(client);
    await publishNumbers(topic, 0, 1);
    const begun = Promise.withResolvers<void>();
    const consumer = await consume(createPositionStore(), {
      topic,
      groupId: randomGroup(),
      onChunk: () => {
        begun.resolve();
        return new Promise<void>(() => undefined);
      },
    });
    await begun.promise;
    const began = performance.now();
    await consumer.stop();
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it("works before anything was joined, and twice", async () => {
    const consumer = await consume(createPositionStore(), { topic: await freshTopic(client), groupId: randomGroup() });
    await Promise.all([consumer.stop(), consumer.stop()]);
    await consumer.stop();
    expect(consumer.state()).toMatchObject({ alive: false, assigned: [] });
  });
});

describe("a log that does not fit the positions stops the consumer for good", () => {
  it("when a position is beyond its end", async () => {
    const topic = await freshTopic(client);
    await publishNumbers(topic, 0, 3);
    const store = createPositionStore([[1, 5]]);
    const consumer = await consume(store, { topic, groupId: randomGroup() });
    await expect.poll(() => store.fatals).toEqual([{ kind: "beyond-log-end", partition: 1, position: 5, logEnd: 1 }]);
    expect(store.applied).toEqual([]);
    expect(consumer.state().alive).toBe(false);
  });

  it("when the log starts after a position", async () => {
    const topic = await freshTopic(client);
    await publishNumbers(topic, 0, 30);
    await cutLog(client, topic, 2, 6);
    const store = createPositionStore([[2, 5]]);
    await consume(store, { topic, groupId: randomGroup() });
    await expect.poll(() => store.fatals).toEqual([{ kind: "log-truncated", partition: 2, position: 5, logStart: 6 }]);
    expect(store.applied).toEqual([]);
  });

  it("when records are deleted before they are read, while it runs", async () => {
    const topic = await freshTopic(client);
    const store = createPositionStore();
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    await publisher.publish(topic, [{ key: null, value: "0", partition: 0 }]);
    await consume(store, {
      topic,
      groupId: randomGroup(),
      async onChunk(chunk) {
        begun.resolve();
        await gate.promise;
        store.apply(chunk);
      },
    });
    await begun.promise;
    await publisher.publish(
      topic,
      Array.from({ length: 9 }, () => ({ key: null, value: "x", partition: 0 })),
    );
    await cutLog(client, topic, 0, 5);
    gate.resolve();
    await expect.poll(() => store.fatals).toEqual([{ kind: "log-truncated", partition: 0, position: 1, logStart: 5 }]);
    expect(store.values()).toEqual(["0"]);
  });

  it("when the topic is another one than before", async () => {
    const topic = await freshTopic(client);
    const { topicId } = (await describeTopic(client, topic))!;
    await deleteTopics(client, [topic]);
    await expect.poll(() => describeTopic(client, topic)).toBeUndefined();
    await freshTopic(client, { name: topic });
    const store = createPositionStore();
    await consume(store, { topic, topicId, groupId: randomGroup() });
    await expect
      .poll(() => store.fatals)
      .toEqual([{ kind: "topic-replaced", topicId: (await describeTopic(client, topic))!.topicId }]);
  });

  it("and so does a mistake in the caller's code", async () => {
    const topic = await freshTopic(client);
    await publishNumbers(topic, 0, 1);
    const store = createPositionStore();
    const error = new TypeError("undefined is not a function");
    await consume(store, { topic, groupId: randomGroup(), onChunk: () => Promise.reject(error) });
    await expect.poll(() => store.fatals).toEqual([{ kind: "consumer-crashed", error }]);
  });
});

describe("offsets without records", () => {
  it("of transactions, committed and aborted, are no gaps, and the position follows to the log's end", async () => {
    const topic = await freshTopic(client, { partitions: 1 });
    const link = internalsOf(client).openLink({ retries: 10 });
    const producer = link.kafka.producer({
      transactionalId: randomGroup(),
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: () => () => 0,
    });
    await producer.connect();
    const store = createPositionStore();
    await consume(store, { topic, groupId: randomGroup() });
    const expected: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      for (const isKept of [true, false]) {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [{ value: `${round}-${isKept}` }] });
        await (isKept ? transaction.commit() : transaction.abort());
        if (isKept) expected.push(`${round}-${isKept}`);
      }
      await expect.poll(() => store.values()).toEqual(expected);
    }
    await producer.disconnect();
    link.cut();
    // The coordinator answers before the last marker is in the log; the end that is read stands before it until then.
    await expect.poll(async () => (await readLogBounds(client, topic)).get(0)!.end).toBe(20);
    await expect.poll(() => store.positions.get(0)).toBe(20);
    expect(store.fatals).toEqual([]);
    expectContiguous(store);
  });

  it("do not hide that the log was truncated before them", async () => {
    const topic = await freshTopic(client, { partitions: 1 });
    await publisher.publish(
      topic,
      Array.from({ length: 10 }, (_, index) => ({ key: null, value: `${index}`, partition: 0 })),
    );
    await cutLog(client, topic, 0, 10);
    const store = createPositionStore([[0, 9]]);
    await consume(store, { topic, groupId: randomGroup() });
    await expect.poll(() => store.fatals).toEqual([{ kind: "log-truncated", partition: 0, position: 9, logStart: 10 }]);
  });
});

it("Node has nothing to warn of", () => {
  expect(kafkajs.Kafka).toBeDefined();
  expect(warnings).toEqual([]);
});
