/** A broker that stops, comes back, or hangs. It is a broker of this file's own. */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kafkaJarsFolder, type RunningKafka, startKafka } from "@kith/devstack";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { PartitionConsumer } from "./consume-partitions.ts";
import { createPublisher, type Publisher } from "./create-publisher.ts";
import { followTopic } from "./follow-topic.ts";
import { closeKafka, connectKafka, type KafkaClient } from "./kafka-client.ts";
import type { PublishError } from "./publish-error.ts";
import { readLogBounds } from "./read-log-bounds.ts";
import { freshTopic, randomGroup } from "./testing/fresh-topic.ts";
import { createPositionStore, startConsumer } from "./testing/position-store.ts";

const DEADLINE_MS = 2_000;
// What ends by a deadline of ours ends before two requests of KafkaJS have timed out, on a slow machine too.
const BOUNDED_MS = 15_000;

let folder: string;
let broker: RunningKafka;
let port: number;
let client: KafkaClient;
const closing: (() => Promise<void>)[] = [];

const startBroker = (): Promise<RunningKafka> =>
  startKafka({
    folder: join(folder, "kafka"),
    jarsFolder: kafkaJarsFolder,
    isShortLived: true,
    ...(port === undefined ? {} : { port }),
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kith-broker-away-"));
  broker = await startBroker();
  port = Number(broker.brokers.split(":")[1]);
  client = connectKafka({ brokers: [broker.brokers], clientId: "kith-kafka-test" });
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => {
  await closeKafka(client);
  await broker.stop();
  await rm(folder, { recursive: true, force: true });
});

function publisherOf(deadlineMs = DEADLINE_MS): Publisher {
  const publisher = createPublisher(client, { deadlineMs });
  closing.push(() => publisher.close());
  return publisher;
}

async function signalBroker(signal: NodeJS.Signals): Promise<void> {
  const pid = Number(await readFile(`${join(folder, "kafka")}.pid`, "utf8"));
  process.kill(pid, signal);
  // A signal only asks: the threads of a busy broker stop one after the other, and may answer meanwhile.
  if (signal === "SIGSTOP") await expect.poll(() => threadStates(pid)).toEqual(["T"]);
}

/** The states that a process's threads are in, each once; where there is no /proc they are taken to be stopped. */
async function threadStates(pid: number): Promise<string[]> {
  const tasks = `/proc/${pid}/task`;
  const states = new Set<string>();
  for (const thread of existsSync(tasks) ? await readdir(tasks) : []) {
    const stat = await readFile(join(tasks, thread, "stat"), "utf8");
    states.add(stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3));
  }
  return states.size === 0 ? ["T"] : [...states];
}

const one = (value: string) => [{ key: null, value, partition: 0 }];

async function outcomeOf(publishing: Promise<unknown>): Promise<string> {
  return await publishing.then(
    () => "written",
    (error: PublishError) => error.outcome,
  );
}

it("while the broker is away nothing is written, and when it is back publisher and consumer go on by themselves", async () => {
  const topic = await freshTopic(client);
  const store = createPositionStore();
  const consumer = await startConsumer(client, store, { topic, groupId: randomGroup() });
  closing.push(() => consumer.stop());
  const publisher = publisherOf();
  await publisher.publish(topic, one("a"));
  await expect.poll(() => store.values()).toEqual(["a"]);
  await broker.stop();

  const began = performance.now();
  expect(await outcomeOf(publisher.publish(topic, one("b")))).toBe("not-written");
  expect(await Promise.all(["c", "d"].map((value) => outcomeOf(publisher.publish(topic, one(value)))))).toEqual([
    "not-written",
    "not-written",
  ]);
  expect(performance.now() - began).toBeLessThan(BOUNDED_MS);
  const fresh = publisherOf();
  await expect(fresh.connect()).rejects.toMatchObject({ outcome: "not-written" });
  await expect.poll(() => consumer.state().assigned).toEqual([]);

  broker = await startBroker();
  await expect.poll(() => outcomeOf(publisher.publish(topic, one("e")))).toBe("written");
  await expect.poll(() => outcomeOf(fresh.publish(topic, one("f")))).toBe("written");
  // What was promised not to be written was not written.
  expect((await readLogBounds(client, topic)).get(0)).toEqual({ start: 0, end: 3 });
  // From the caller's positions, and without waiting for the member that was lost.
  await expect.poll(() => store.values()).toEqual(["a", "e", "f"]);
  expect(store.fatals).toEqual([]);
});

it("a publish outlasts a broker's restart if its deadline does, and is written once", async () => {
  const topic = await freshTopic(client);
  const publisher = publisherOf(60_000);
  const values: string[] = [];
  let isDone = false;
  const publishing = (async () => {
    for (let value = 0; !isDone; value += 1) {
      await publisher.publish(topic, one(`${value}`));
      values.push(`${value}`);
    }
  })();
  await expect.poll(() => values.length).toBeGreaterThan(20);
  await broker.stop();
  broker = await startBroker();
  const atRestart = values.length;
  await expect.poll(() => values.length).toBeGreaterThan(atRestart + 20);
  isDone = true;
  await publishing;
  const read: string[] = [];
  const follower = await followTopic(client, {
    topic,
    fromBeginning: true,
    onRecord: ({ value }) => read.push(String(value)),
  });
  closing.push(() => follower.stop());
  await expect.poll(() => read.length).toBe(values.length);
  expect(read).toEqual(values);
});

it("a publish that hangs is unknown after its deadline and does not hold up the next one", async () => {
  const topic = await freshTopic(client);
  const publisher = publisherOf();
  await publisher.publish(topic, one("a"));
  await signalBroker("SIGSTOP");
  try {
    const began = performance.now();
    expect(await outcomeOf(publisher.publish(topic, one("b")))).toBe("unknown");
    expect(await outcomeOf(publisher.publish(topic, one("c")))).toBe("not-written");
    expect(performance.now() - began).toBeLessThan(BOUNDED_MS);
  } finally {
    await signalBroker("SIGCONT");
  }
  await expect.poll(() => outcomeOf(publisher.publish(topic, one("d")))).toBe("written");
});

it("a consumer notices a broker that hangs and goes on after it", async () => {
  const topic = await freshTopic(client);
  const publisher = publisherOf(20_000);
  const store = createPositionStore();
  const consumer = await startConsumer(client, store, { topic, groupId: randomGroup() });
  closing.push(() => consumer.stop());
  await publisher.publish(topic, one("a"));
  await expect.poll(() => store.values()).toEqual(["a"]);
  await signalBroker("SIGSTOP");
  try {
    // The requests under way time out; a connection that hangs is not used again.
    await expect.poll(() => consumer.state().assigned).toEqual([]);
    expect(consumer.state().lastPollAtMs).toBeLessThan(Date.now() - 5_000);
  } finally {
    await signalBroker("SIGCONT");
  }
  await expect.poll(() => outcomeOf(publisher.publish(topic, one("b")))).toBe("written");
  await expect.poll(() => store.values()).toEqual(["a", "b"]);
  expect(consumer.state().alive).toBe(true);
});

it("a consumer stops in bounded time while the broker is away or hangs", async () => {
  const consumers: PartitionConsumer[] = [];
  const topic = await freshTopic(client);
  for (let count = 0; count < 2; count += 1) {
    const store = createPositionStore();
    const consumer = await startConsumer(client, store, { topic, groupId: randomGroup() });
    consumers.push(consumer);
    await expect.poll(() => consumer.state().assigned.length).toBe(3);
  }
  const [hanging, away] = consumers;
  await signalBroker("SIGSTOP");
  const began = performance.now();
  await hanging!.stop();
  expect(performance.now() - began).toBeLessThan(BOUNDED_MS);
  await signalBroker("SIGCONT");

  await broker.stop();
  const beganAgain = performance.now();
  await away!.stop();
  expect(performance.now() - beganAgain).toBeLessThan(BOUNDED_MS);
});
