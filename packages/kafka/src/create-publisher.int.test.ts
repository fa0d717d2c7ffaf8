import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createPublisher, type Publisher, type PublisherOptions } from "./create-publisher.ts";
import { followTopic } from "./follow-topic.ts";
import { closeKafka } from "./kafka-client.ts";
import type { OutgoingRecord } from "./outgoing-record.ts";
import { PublishError } from "./publish-error.ts";
import { readLogBounds } from "./read-log-bounds.ts";
import { freshTopic, testClient } from "./testing/fresh-topic.ts";

const client = testClient();
const publishers: Publisher[] = [];
afterEach(() => Promise.all(publishers.splice(0).map((publisher) => publisher.close())));
afterAll(() => closeKafka(client));

function publisherOf(options: Partial<PublisherOptions> = {}): Publisher {
  const publisher = createPublisher(client, { deadlineMs: 10_000, ...options });
  publishers.push(publisher);
  return publisher;
}

type Read = {
  partition: number;
  offset: number;
  timestampMs: number;
  key: string | null;
  value: string | null;
  headers: Record<string, string>;
};

/** Everything in the topic, once it is as much as expected. */
async function readAll(topic: string, count: number): Promise<Read[]> {
  const read: Read[] = [];
  const follower = await followTopic(client, {
    topic,
    fromBeginning: true,
    onRecord: ({ partition, offset, timestampMs, key, value, headers }) => {
      read.push({
        partition,
        offset,
        timestampMs,
        key: key?.toString() ?? null,
        value: value?.toString() ?? null,
        headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
      });
    },
  });
  await expect.poll(() => read.length).toBeGreaterThanOrEqual(count);
  await follower.stop();
  return read;
}

const numbered = (count: number, partitions: number): OutgoingRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `k${index}`,
    value: `v${index}`,
    partition: index % partitions,
  }));

describe("publish", () => {
  it("tells where each record lies, in the order given", async () => {
    const topic = await freshTopic(client);
    const records = numbered(5_000, 3);
    const places = await publisherOf().publish(topic, records);
    const byPlace = new Map(
      (await readAll(topic, records.length)).map((read) => [`${read.partition}/${read.offset}`, read]),
    );
    expect(byPlace.size).toBe(records.length);
    for (const [index, { partition, offset }] of places.entries()) {
      expect(byPlace.get(`${partition}/${offset}`)).toMatchObject({ key: `k${index}`, value: `v${index}` });
    }
  });

  it("keeps the time that a record was given, whatever its order among the others", async () => {
    const topic = await freshTopic(client);
    const now = Date.now();
    const times = [now - 5_000, now + 60_000, now - 86_400_000, now - 5_000];
    const records = times.map((time) => ({ key: String(time), value: "v", partition: 0, timestamp: String(time) }));
    await publisherOf().publish(topic, records);
    const read = await readAll(topic, times.length);
    expect(read.map(({ timestampMs }) => timestampMs)).toEqual(times);
  });

  it("lets publishes overlap and keeps the order within each partition", async () => {
    const topic = await freshTopic(client);
    const publisher = publisherOf();
    const published = await Promise.all(
      numbered(600, 3).map(async (record) => ({ record, places: await publisher.publish(topic, [record]) })),
    );
    for (let partition = 0; partition < 3; partition += 1) {
      const offsets = published
        .filter(({ record }) => record.partition === partition)
        .map(({ places }) => places[0]!.offset);
      expect(offsets).toEqual(Array.from({ length: 200 }, (_, index) => index));
    }
  });

  it("takes text and octets, no key, no value, and headers as they are", async () => {
    const topic = await freshTopic(client, { partitions: 1 });
    await publisherOf().publish(topic, [
      { key: "é", value: "😀", headers: { ce_id: "1", raw: Buffer.from([0x41]) }, partition: 0 },
      { key: Buffer.from("b"), value: Buffer.from("c"), partition: 0 },
      { key: null, value: null, partition: 0 },
    ]);
    const timestampMs = expect.any(Number) as number;
    expect(await readAll(topic, 3)).toEqual([
      { partition: 0, offset: 0, timestampMs, key: "é", value: "😀", headers: { ce_id: "1", raw: "A" } },
      { partition: 0, offset: 1, timestampMs, key: "b", value: "c", headers: {} },
      { partition: 0, offset: 2, timestampMs, key: null, value: null, headers: {} },
    ]);
  });

  it.each(["none", "gzip", "snappy", "lz4", "zstd"] as const)(
    "packs with %s what the broker and a reader unpack",
    async (compression) => {
      const topic = await freshTopic(client, { partitions: 1 });
      const value = "abc".repeat(10_000);
      await publisherOf({ compression }).publish(topic, [
        { key: "k", value, partition: 0 },
        { key: "l", value: "2", partition: 0 },
      ]);
      expect((await readAll(topic, 2)).map((read) => read.value)).toEqual([value, "2"]);
    },
  );

  it("spreads what is more than one batch can hold over several", async () => {
    const topic = await freshTopic(client, { partitions: 1, config: { "max.message.bytes": "1048576" } });
    const records = Array.from({ length: 40 }, (_, index) => ({
      key: `${index}`,
      value: "x".repeat(100_000),
      partition: 0,
    }));
    const places = await publisherOf().publish(topic, records);
    expect(places.map(({ offset }) => offset)).toEqual(records.map((_, index) => index));
  });

  it("works without idempotence", async () => {
    const topic = await freshTopic(client);
    expect(await publisherOf({ idempotent: false }).publish(topic, numbered(3, 1))).toHaveLength(3);
  });

  it("has nothing to do for no records", async () => {
    expect(await publisherOf().publish("no-such-topic", [])).toEqual([]);
  });
});

describe("a publish that fails", () => {
  const outcomeOf = async (publishing: Promise<unknown>): Promise<PublishError> => {
    const error = await publishing.then(
      () => new Error("it succeeded"),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(PublishError);
    return error as PublishError;
  };

  it("says that a record is too large, and the next publish is not hurt", async () => {
    const topic = await freshTopic(client, { config: { "max.message.bytes": "10000" } });
    const publisher = publisherOf();
    const tooLarge = publisher.publish(topic, [{ key: null, value: "x".repeat(20_000), partition: 0 }]);
    expect(await outcomeOf(tooLarge)).toMatchObject({ outcome: "not-written", tooLarge: true });
    expect(await publisher.publish(topic, numbered(1, 1))).toEqual([{ partition: 0, offset: 0 }]);
  });

  it("does not draw others along with a record beyond every topic's limit", async () => {
    const topic = await freshTopic(client);
    const publisher = publisherOf();
    const [small, large] = [
      publisher.publish(topic, numbered(3, 3)),
      publisher.publish(topic, [{ key: null, value: "x".repeat(2_000_000), partition: 0 }]),
    ];
    expect(await outcomeOf(large)).toMatchObject({ outcome: "not-written", tooLarge: true });
    expect(await small).toHaveLength(3);
  });

  it("says that nothing was written where the topic does not exist, by its deadline", async () => {
    const publisher = publisherOf({ deadlineMs: 1_500 });
    const began = performance.now();
    const failed = await outcomeOf(publisher.publish("test-kafka-no-such-topic", numbered(1, 1)));
    expect(failed.outcome).toBe("not-written");
    expect(performance.now() - began).toBeLessThan(20_000);
    const topic = await freshTopic(client);
    expect(await publisher.publish(topic, numbered(1, 1))).toHaveLength(1);
  });

  it("says that nothing was written where there is no such partition", async () => {
    const topic = await freshTopic(client, { partitions: 1 });
    const failed = await outcomeOf(publisherOf().publish(topic, [{ key: null, value: "x", partition: 7 }]));
    expect(failed).toMatchObject({ outcome: "not-written", tooLarge: false });
  });

  it("refuses what is beyond the queue's limit, and takes it again when there is room", async () => {
    const topic = await freshTopic(client);
    const publisher = publisherOf({ queueBytesMax: 1_000 });
    const first = publisher.publish(topic, [{ key: null, value: "x".repeat(900), partition: 0 }]);
    const second = publisher.publish(topic, [{ key: null, value: "x".repeat(900), partition: 0 }]);
    expect(await outcomeOf(second)).toMatchObject({ outcome: "not-written" });
    await first;
    expect(await publisher.publish(topic, [{ key: null, value: "x".repeat(900), partition: 0 }])).toHaveLength(1);
  });

  it("refuses after it was closed, having sent what was waiting", async () => {
    const topic = await freshTopic(client);
    const publisher = publisherOf();
    const waiting = publisher.publish(topic, numbered(100, 3));
    await publisher.close();
    expect(await waiting).toHaveLength(100);
    expect(await outcomeOf(publisher.publish(topic, numbered(1, 1)))).toMatchObject({ outcome: "not-written" });
    const ends = [...(await readLogBounds(client, topic)).values()].map(({ end }) => end);
    expect(ends.reduce((sum, end) => sum + end, 0)).toBe(100);
  });

  it("never names a key or a value", async () => {
    const topic = await freshTopic(client, { config: { "max.message.bytes": "100" } });
    const failed = await outcomeOf(
      publisherOf().publish(topic, [
        { key: "doc@hillvalley.edu", value: "doc@hillvalley.edu".repeat(10), partition: 0 },
      ]),
    );
    expect(`${failed.message} ${failed.stack} ${String(failed.cause)}`).not.toContain("hillvalley");
  });
});
