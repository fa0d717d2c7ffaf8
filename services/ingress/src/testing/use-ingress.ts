/** An ingress on a port and topics of its own for the tests of one file, and the records it publishes. */
import net, { type AddressInfo } from "node:net";
import { createReceipts, type OrderIdentityRecord, orderIdentityRecord } from "@kith/contracts";
import {
  closeKafka,
  connectKafka,
  followTopic,
  type IncomingRecord,
  type KafkaClient,
  readClusterId,
} from "@kith/kafka";
import { createLogger, listenHttp, loadConfig } from "@kith/service-kit";
import { keptLog, type TestTopics, testTopics } from "@kith/testkit";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { createApp } from "../app.ts";
import { configSchema } from "../config.ts";

const WAIT = { interval: 20, timeout: 60_000 };

type LogRecord = IncomingRecord & { partition: number };

export type Ingress = { url: string; log: string[]; close(): Promise<void> };

/** What the tests of one file work with. */
export type IngressWorld = {
  readonly topics: TestTopics;
  readonly kafka: KafkaClient;
  /** Where its query service would be: nobody listens there. */
  readonly queryUrl: string;
  /** Posts to the file's ingress, or to the one at `base`. A body that is no text is sent as JSON. */
  post(path: string, body: unknown, headers?: Record<string, string>, base?: string): Promise<Response>;
  /** Waits until the event's record lies in the log. */
  recordOf(eventId: string): Promise<LogRecord & { body: OrderIdentityRecord }>;
  /** What a receipt says. */
  placeOf(receipt: string): Promise<unknown>;
  /** One more, with other settings. */
  startIngress(env?: Record<string, string>): Promise<Ingress>;
  /** What is put here is closed after the test, first things first. */
  readonly started: { close(): Promise<void> }[];
  /** Nothing lies in the log but orders, none of them refused ones, and the file's ingress has logged nothing personal. */
  expectNothingTold(): Promise<void>;
};

/** Registers the hooks of the file. */
export async function useIngress(): Promise<IngressWorld> {
  const [topics, queryPort] = await Promise.all([testTopics(), closedPort()]);
  const queryUrl = `http://127.0.0.1:${queryPort}`;
  const kafka = connectKafka({ brokers: topics.brokers, clientId: "kith-ingress-test" });
  const received: LogRecord[] = [];
  const started: IngressWorld["started"] = [];
  let follower: { stop(): Promise<void> };
  let ingress: Ingress;

  beforeAll(async () => {
    follower = await followTopic(kafka, {
      topic: topics.names.orderIdentity,
      fromBeginning: true,
      onRecord: (record) => received.push(record),
    });
    ingress = await startIngress();
    await vi.waitUntil(() => isReady(ingress), WAIT);
  });
  afterEach(async () => {
    for (const one of started.splice(0)) await one.close();
  });
  afterAll(async () => {
    await ingress?.close();
    await follower?.stop();
    await closeKafka(kafka);
  });

  async function startIngress(env: Record<string, string> = {}): Promise<Ingress> {
    const log: string[] = [];
    const config = loadConfig(configSchema, {
      KAFKA_BROKERS: topics.brokers.join(","),
      TOPIC_PREFIX: topics.prefix,
      QUERY_URL: queryUrl,
      PORT: "0",
      ...env,
    });
    const write = (line: string) => {
      log.push(line);
      keptLog.write(line);
    };
    const logger = createLogger({ service: "ingress", level: "debug", destination: { write } });
    const client = connectKafka({ brokers: config.KAFKA_BROKERS, clientId: "kith-ingress" });
    const app = createApp({ config, kafka: client, logger });
    const url = await listenHttp(app, config);
    const close = async () => {
      await app.close();
      await closeKafka(client);
    };
    return { url, log, close };
  }

  const post: IngressWorld["post"] = (path, body, headers = {}, base = ingress.url) =>
    fetch(base + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  const recordOf: IngressWorld["recordOf"] = async (eventId) => {
    // Not expect.poll, which cannot be used in hooks.
    const record = await vi.waitUntil(
      () => received.find(({ value }) => value?.includes(JSON.stringify(eventId))),
      WAIT,
    );
    return { ...record, body: orderIdentityRecord.parse(JSON.parse(String(record.value))) };
  };

  return {
    topics,
    kafka,
    queryUrl,
    post,
    recordOf,
    placeOf: async (receipt) => createReceipts(await readClusterId(kafka)).read(receipt),
    startIngress,
    started,
    async expectNothingTold() {
      await post("/v1/orders", { eventId: "the-last-one", email: "z@b.io" });
      await recordOf("the-last-one");
      for (const { value } of received)
        expect(() => orderIdentityRecord.parse(JSON.parse(String(value)))).not.toThrow();
      expect(received.filter(({ value }) => /test@test\.com|ab\.io|proto/.test(String(value)))).toHaveLength(0);
      expect(ingress.log.join("")).not.toMatch(/@|717171|123456/);
    },
  };
}

export const isReady = async ({ url }: Ingress): Promise<boolean> => (await fetch(`${url}/readyz`)).status === 200;

/** A port nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
