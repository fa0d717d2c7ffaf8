import { randomBytes } from "node:crypto";
import { TOPIC_PARTITIONS, topicNames } from "@kith/contracts";
import kafkajs from "kafkajs";
import { afterAll, describe, expect, it } from "vitest";
import { ensureTopics } from "./ensure-topics.ts";
import { closeKafka, internalsOf } from "./kafka-client.ts";
import type { LogEntry } from "./log-entry.ts";
import { readClusterId } from "./read-cluster-id.ts";
import { readLogBounds } from "./read-log-bounds.ts";
import { deleteTopics } from "./testing/change-topic.ts";
import { freshTopic, testClient } from "./testing/fresh-topic.ts";
import { describeTopic } from "./topic-id.ts";

const entries: LogEntry[] = [];
const client = testClient({ onLog: (entry) => entries.push(entry) });
const other = testClient();
afterAll(() => Promise.all([closeKafka(client), closeKafka(other)]));

const randomPrefix = (): string => `test-${randomBytes(6).toString("hex")}.`;

async function settingsOf(topic: string): Promise<Record<string, string>> {
  const { resources } = await internalsOf(client).admin.ask((admin) =>
    admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    }),
  );
  return Object.fromEntries(
    resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  );
}

describe("ensureTopics", () => {
  it("creates the three topics with their settings, also when two processes do it at once", async () => {
    const prefix = randomPrefix();
    const plan = { prefix, orderIdentityRetentionMs: 86_400_000 };
    await Promise.all([ensureTopics(client, plan), ensureTopics(other, plan), ensureTopics(client, plan)]);
    await ensureTopics(client, plan);

    const names = topicNames(prefix);
    for (const topic of Object.values(names)) {
      expect(await describeTopic(client, topic)).toMatchObject({ partitions: TOPIC_PARTITIONS });
    }
    expect(await settingsOf(names.orderIdentity)).toMatchObject({
      "cleanup.policy": "delete",
      "retention.ms": "86400000",
      "max.message.bytes": "1048576",
      "message.timestamp.type": "CreateTime",
    });
    expect(await settingsOf(names.identityResolved)).toMatchObject({ "cleanup.policy": "compact" });
    expect(await settingsOf(names.deadLetter)).toMatchObject({
      "cleanup.policy": "delete",
      "max.message.bytes": "1114112",
    });
  });

  it("leaves a topic that is laid out otherwise as it is, and says so", async () => {
    const prefix = randomPrefix();
    const { identityResolved } = topicNames(prefix);
    await freshTopic(client, { name: identityResolved, partitions: 2, config: { "cleanup.policy": "delete" } });
    entries.length = 0;
    await ensureTopics(client, { prefix });
    expect(await describeTopic(client, identityResolved)).toMatchObject({ partitions: 2 });
    expect(await settingsOf(identityResolved)).toMatchObject({ "cleanup.policy": "delete" });
    const warnings = entries.filter(({ level }) => level === "warn");
    expect(warnings.map(({ details }) => details)).toEqual([
      { topic: identityResolved, partitions: 2, planned: TOPIC_PARTITIONS },
      { topic: identityResolved, policy: "delete", planned: "compact" },
    ]);
  });
});

describe("describeTopic", () => {
  it("tells one topic id as long as the topic lives, and another one after it was created again", async () => {
    const topic = await freshTopic(client);
    const first = await describeTopic(client, topic);
    expect(first?.topicId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await describeTopic(other, topic)).toEqual(first);

    await deleteTopics(client, [topic]);
    await expect.poll(() => describeTopic(client, topic)).toBeUndefined();
    await expect.poll(() => freshTopic(client, { name: topic }).then(() => describeTopic(client, topic))).toBeDefined();
    const second = await describeTopic(client, topic);
    expect(second?.partitions).toBe(first?.partitions);
    expect(second?.topicId).not.toBe(first?.topicId);
  });

  it("finds a topic whose name's length takes two octets", async () => {
    const topic = await freshTopic(client, { name: `test-kafka-${randomBytes(100).toString("hex")}` });
    expect(await describeTopic(client, topic)).toMatchObject({ partitions: 3 });
  });

  it.each(["no-such-topic", "no such topic!", ""])("knows no topic %j and creates none", async (name) => {
    expect(await describeTopic(client, name).catch(() => undefined)).toBeUndefined();
    expect(await describeTopic(client, name).catch(() => undefined)).toBeUndefined();
  });
});

it("readClusterId tells the same id to everybody", async () => {
  const id = await readClusterId(client);
  expect(id).toMatch(/^[\w-]{22}$/);
  expect(await readClusterId(other)).toBe(id);
});

it("readLogBounds tells where each partition starts and ends", async () => {
  const topic = await freshTopic(client, { partitions: 2 });
  expect([...(await readLogBounds(client, topic))]).toEqual([
    [0, { start: 0, end: 0 }],
    [1, { start: 0, end: 0 }],
  ]);
});

it("readLogBounds is not disturbed by another topic that is gone", async () => {
  const [gone, topic] = [await freshTopic(client), await freshTopic(client)];
  await readLogBounds(client, gone);
  await deleteTopics(other, [gone]);
  await expect.poll(() => describeTopic(client, gone)).toBeUndefined();
  expect((await readLogBounds(client, topic)).size).toBe(3);
});

it("the administrative connection is made anew after it was closed", async () => {
  const id = await readClusterId(other);
  await closeKafka(other);
  expect(await readClusterId(other)).toBe(id);
});
