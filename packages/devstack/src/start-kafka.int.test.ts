import { mkdtemp, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topicNames } from "@kith/contracts";
import {
  closeKafka,
  connectKafka,
  createPublisher,
  describeTopic,
  ensureTopics,
  followTopic,
  type KafkaClient,
  type LogEntry,
  readClusterId,
} from "@kith/kafka";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { fetchKafka } from "./fetch-kafka.ts";
import { statusOf } from "./file-status.ts";
import { isPortFree } from "./free-port.ts";
import { kafkaJarsFolder } from "./kith-folder.ts";
import { stopAllGuarded } from "./run-guarded.ts";
import { type RunningKafka, startKafka } from "./start-kafka.ts";

let parent: string;
let folder: string;
let clients: KafkaClient[];

async function makePlace(): Promise<void> {
  parent = await mkdtemp(join(tmpdir(), "kith-kafka-"));
  folder = join(parent, "kafka");
  clients = [];
}

async function removePlace(): Promise<void> {
  for (const client of clients) await closeKafka(client);
  await stopAllGuarded();
  await rm(parent, { recursive: true });
}

const start = () => startKafka({ folder, jarsFolder: kafkaJarsFolder, isShortLived: true });

function connect(brokers: string, log: LogEntry[] = []): KafkaClient {
  const client = connectKafka({ brokers: [brokers], clientId: "kith-test", onLog: (entry) => log.push(entry) });
  clients.push(client);
  return client;
}

describe("in one folder, one start after the other", () => {
  beforeAll(makePlace);
  afterAll(removePlace);
  let broker: RunningKafka;

  it("serves idempotent producers and consumer groups at once, without a warning in the client's log", async () => {
    broker = await start();
    const log: LogEntry[] = [];
    const client = connect(broker.brokers, log);
    await ensureTopics(client, { prefix: "" });
    const topic = topicNames().orderIdentity;
    const publisher = createPublisher(client, { deadlineMs: 20_000 });
    const received = Promise.withResolvers<string>();
    const follower = await followTopic(client, {
      topic,
      groupId: "kith-test",
      fromBeginning: true,
      onRecord: ({ value }) => received.resolve(String(value)),
    });
    await publisher.publish(topic, [{ key: "k", value: "first", partition: 0 }]);
    expect(await received.promise).toBe("first");
    await follower.stop();
    await publisher.close();
    expect(log.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  });

  it("keeps cluster and topics over a restart on other ports", async () => {
    const first = broker;
    const before = connect(first.brokers);
    const clusterId = await readClusterId(before);
    const topic = await describeTopic(before, topicNames().orderIdentity);
    for (const client of clients.splice(0)) await closeKafka(client);
    await first.stop();
    expect(await isPortFree("127.0.0.1", Number(first.brokers.split(":")[1]))).toBe(true);

    broker = await start();
    const after = connect(broker.brokers);
    expect(broker.brokers).not.toBe(first.brokers);
    expect(await readClusterId(after)).toBe(clusterId);
    expect(topic).toBeDefined();
    expect(await describeTopic(after, topicNames().orderIdentity)).toEqual(topic);
  });

  it("formats anew a data folder that was never formatted to the end", async () => {
    await broker.stop();
    await rm(join(folder, "data/meta.properties"));
    broker = await start();
    await ensureTopics(connect(broker.brokers), { prefix: "" });
    expect(await statusOf(join(folder, "data.broken"))).toBeDefined();
  });
});

it("fetches the jars again when one of them is damaged", async () => {
  await makePlace();
  onTestFinished(removePlace);
  const lines: string[] = [];
  const jars = await fetchKafka(parent, (line) => lines.push(line));
  await truncate(join(jars, "kafka-clients-4.3.1.jar"), 1_000);
  lines.length = 0;
  expect(await fetchKafka(parent, (line) => lines.push(line))).toBe(jars);
  expect(lines.join("\n")).toMatch(/is incomplete; fetching it again[\s\S]*fetched \d+ jars/);
  const sizes: Record<string, number> = JSON.parse(await readFile(join(jars, "complete.json"), "utf8"));
  expect((await statusOf(join(jars, "kafka-clients-4.3.1.jar")))?.size).toBe(sizes["kafka-clients-4.3.1.jar"]);
  lines.length = 0;
  await fetchKafka(parent, (line) => lines.push(line));
  expect(lines).toEqual([]);
});
