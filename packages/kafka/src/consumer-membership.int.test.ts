/** What any client library must hold while members of a group come and go, and when a consumer stops. */
import { describe, expect, it } from "vitest";
import { createPublisher } from "./create-publisher.ts";
import { internalsOf } from "./kafka-client.ts";
import { addPartitions } from "./testing/change-topic.ts";
import { freshTopic, randomGroup } from "./testing/fresh-topic.ts";
import { createPositionStore } from "./testing/position-store.ts";
import { expectNumbers, PARTITIONS, useConsumers } from "./testing/use-consumers.ts";

const { client, consume, publishNumbers } = useConsumers();

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
