/** What any client library must hold of positions: the caller's decide, and a log that cannot give them ends the consumer. */
import { describe, expect, it } from "vitest";
import { internalsOf } from "./kafka-client.ts";
import { readLogBounds } from "./read-log-bounds.ts";
import { cutLog, deleteTopics } from "./testing/change-topic.ts";
import { freshTopic, randomGroup } from "./testing/fresh-topic.ts";
import { createPositionStore } from "./testing/position-store.ts";
import { expectContiguous, expectNumbers, useConsumers } from "./testing/use-consumers.ts";
import { describeTopic } from "./topic-id.ts";

const { client, publisher, consume, publishNumbers } = useConsumers();

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

  it("when the caller has a reason not to have it read, whatever the log is like", async () => {
    const topic = await freshTopic(client);
    await publishNumbers(topic, 0, 30);
    const store = createPositionStore();
    const reason = { kind: "beyond-log-end", partition: 1, position: 5, logEnd: 3 } as const;
    await consume(store, { topic, groupId: randomGroup(), startOffsets: async () => reason });
    await expect.poll(() => store.fatals).toEqual([reason]);
    expect(store.applied).toEqual([]);
  });

  it.each<{ title: string; rejects: boolean }>([
    { title: "and the caller is told before the group is left", rejects: false },
    { title: "also if the caller can not do what it wants to do before", rejects: true },
  ])("$title", async ({ rejects }) => {
    const topic = await freshTopic(client);
    const groupId = randomGroup();
    const store = createPositionStore([[1, 5]]);
    const told: unknown[] = [];
    await consume(store, {
      topic,
      groupId,
      async beforeStopping(reason) {
        const { groups } = await internalsOf(client).admin.ask((admin) => admin.describeGroups([groupId]));
        told.push(reason, groups[0]!.members.length, store.fatals.length);
        if (rejects) throw new Error("the database is away");
      },
    });
    const reason = { kind: "beyond-log-end", partition: 1, position: 5, logEnd: 0 };
    await expect.poll(() => store.fatals).toEqual([reason]);
    expect(told).toEqual([reason, 1, 0]);
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
