import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createPublisher } from "./create-publisher.ts";
import { followTopic } from "./follow-topic.ts";
import type { IncomingRecord } from "./incoming-record.ts";
import { closeKafka } from "./kafka-client.ts";
import { cutLog } from "./testing/change-topic.ts";
import { freshTopic, testClient } from "./testing/fresh-topic.ts";

const client = testClient();
const publisher = createPublisher(client, { deadlineMs: 20_000 });
const followers: { stop(): Promise<void> }[] = [];
afterEach(() => Promise.all(followers.splice(0).map((follower) => follower.stop())));
afterAll(async () => {
  await publisher.close();
  await closeKafka(client);
});

async function follow(topic: string, fromBeginning: boolean, groupId?: string): Promise<string[]> {
  const values: string[] = [];
  const onRecord = ({ value }: IncomingRecord): void => void values.push(String(value));
  followers.push(
    await followTopic(client, { topic, fromBeginning, onRecord, ...(groupId === undefined ? {} : { groupId }) }),
  );
  return values;
}

const put = (topic: string, value: string, partition = 0) =>
  publisher.publish(topic, [{ key: null, value, partition }]);

describe("followTopic", () => {
  it("from the beginning sees what is there and what comes", async () => {
    const topic = await freshTopic(client);
    await put(topic, "a");
    const values = await follow(topic, true);
    await put(topic, "b");
    await expect.poll(() => values).toEqual(["a", "b"]);
  });

  it("otherwise sees exactly what is published after it resolved", async () => {
    const topic = await freshTopic(client);
    await put(topic, "a");
    const values = await follow(topic, false);
    await put(topic, "b");
    await put(topic, "c");
    await expect.poll(() => values).toEqual(["b", "c"]);
  });

  it("shows every follower every partition, also under one group name", async () => {
    const topic = await freshTopic(client);
    const [first, second] = await Promise.all([follow(topic, true, "same"), follow(topic, true, "same")]);
    for (let partition = 0; partition < 3; partition += 1) await put(topic, `${partition}`, partition);
    await expect.poll(() => [...first].sort()).toEqual(["0", "1", "2"]);
    await expect.poll(() => [...second].sort()).toEqual(["0", "1", "2"]);
  });

  it("goes on at the log's start when records were deleted before it saw them", async () => {
    const topic = await freshTopic(client);
    for (const value of ["a", "b", "c"]) await put(topic, value);
    await cutLog(client, topic, 0, 2);
    const values = await follow(topic, true);
    await expect.poll(() => values).toEqual(["c"]);
  });

  it("tells that it stopped for good", async () => {
    const topic = await freshTopic(client);
    await put(topic, "a");
    const fatal = Promise.withResolvers<string>();
    followers.push(
      await followTopic(client, {
        topic,
        fromBeginning: true,
        onRecord() {
          throw new TypeError("a mistake");
        },
        onFatal: ({ kind }) => fatal.resolve(kind),
      }),
    );
    expect(await fatal.promise).toBe("consumer-crashed");
  });
});
