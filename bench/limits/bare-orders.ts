/**
 * `POST /v1/orders` without its locks: the same server settings, records, produces, receipts and answers as the
 * ingress's, but whoever comes is let in, and what comes is believed. What the ingress is slower by is the price of
 * keys, quotas, limits, checks and canonical forms.
 */
import { randomUUID } from "node:crypto";
import { cloudEventHeaders, createReceipts, topicNames } from "@kith/contracts";
import { connectKafka, createPublisher, describeTopic, type LogPlace, partitionOf } from "@kith/kafka";
import Fastify from "fastify";

const LINGER_MS = 3;
const DEADLINE_MS = 8_000;
const { KAFKA_BROKERS = "", TOPIC_PREFIX = "", PORT = "" } = process.env;

process.stdin.on("end", () => process.exit(0)).resume();
process.on("SIGTERM", () => process.exit(0));

type Order = { orderId?: string; email?: string; phoneNumber?: string };
type Waiting = {
  readonly record: { key: string; value: Buffer; headers: Record<string, string>; partition: number };
  readonly resolve: (place: LogPlace) => void;
};

const kafka = connectKafka({ brokers: [KAFKA_BROKERS], clientId: "kith-bench-bare" });
const topicName = topicNames(TOPIC_PREFIX).orderIdentity;
const topic = await describeTopic(kafka, topicName);
if (topic === undefined) throw new Error("the topic does not exist");
const { topicId, partitions } = topic;
const publisher = createPublisher(kafka, { deadlineMs: DEADLINE_MS, idempotent: true });
await publisher.connect();
const receipts = createReceipts("bench");

let waiting: Waiting[] = [];
let isRunning = false;
/** As in the ingress this outlasts a moment in which nothing waits: the next records come in company too. */
let isBusy = false;

/** Groups as the ingress does: alone at once, in company after a few milliseconds. */
async function run(): Promise<void> {
  while (waiting.length > 0) {
    if (isBusy) await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    const batch = waiting;
    waiting = [];
    isBusy = batch.length > 1;
    const places = await publisher.publish(
      topicName,
      batch.map(({ record }) => record),
    );
    for (const [index, { resolve }] of batch.entries()) resolve(places[index]!);
  }
  isRunning = false;
}

function publish(record: Waiting["record"]): Promise<LogPlace> {
  return new Promise((resolve) => {
    waiting.push({ record, resolve });
    if (isRunning) return;
    isRunning = true;
    setImmediate(run);
  });
}

const app = Fastify({
  logger: false,
  bodyLimit: 16_384,
  connectionTimeout: 75_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 65_000,
  http: { headersTimeout: 10_000, connectionsCheckingInterval: 1_000, noDelay: true },
});

app.post("/v1/orders", async (request, reply) => {
  const { orderId, email, phoneNumber } = request.body as Order;
  const seenAt = Date.now() * 1_000;
  const eventId = randomUUID();
  const key = email ?? phoneNumber ?? "";
  const headers = cloudEventHeaders({
    id: eventId,
    type: "order.identity.v1",
    source: "urn:kith:ingress",
    time: new Date(seenAt / 1_000).toISOString(),
  });
  headers.traceparent = `00-${randomUUID().replaceAll("-", "")}-${randomUUID().slice(19).replace("-", "")}-00`;
  const value = Buffer.from(
    JSON.stringify({ v: 1, eventId, orderId, email, phone: phoneNumber, seenAt, normVersion: 1 }),
  );
  const place = await publish({ key, value, headers, partition: partitionOf(key, partitions) });
  const receipt = receipts.issue({ topicId, ...place });
  return reply
    .code(202)
    .header("content-type", "application/json; charset=utf-8")
    .header("kith-receipt", receipt)
    .header("location", `http://127.0.0.1:3001/v1/receipts/${receipt}`)
    .send(JSON.stringify({ eventId, receipt }));
});
app.get("/readyz", async () => ({}));
await app.listen({ host: "127.0.0.1", port: Number(PORT), backlog: 1_024 });
