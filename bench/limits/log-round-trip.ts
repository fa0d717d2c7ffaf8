/**
 * The limit of the HTTP side: bare Fastify in front of bare KafkaJS, with the same coalescing and no database. With
 * MODE=round-trip a request is answered when its record has been consumed, with MODE=produce when it is acknowledged.
 */
import Fastify from "fastify";
import { Kafka, logLevel, Partitioners } from "kafkajs";

const COALESCE_MS = 1;
const { KAFKA_BROKERS = "", TOPIC = "", PORT = "", MODE = "" } = process.env;

process.stdin.on("end", () => process.exit(0)).resume();
process.on("SIGTERM", () => process.exit(0));

const kafka = new Kafka({ brokers: [KAFKA_BROKERS], clientId: "kith-bench-limit", logLevel: logLevel.NOTHING });
const producer = kafka.producer({
  idempotent: true,
  allowAutoTopicCreation: false,
  createPartitioner: Partitioners.DefaultPartitioner,
});
await producer.connect();

const pending = new Map<string, () => void>();
let queue: { id: string; value: string }[] = [];
let nextId = 0;
let isSending = false;

async function flush(): Promise<void> {
  isSending = true;
  while (queue.length > 0) {
    const sent = queue;
    queue = [];
    await producer.send({ topic: TOPIC, acks: -1, messages: sent.map(({ id, value }) => ({ key: id, value })) });
    if (MODE === "produce") for (const { id } of sent) settle(id);
  }
  isSending = false;
}

function settle(id: string): void {
  pending.get(id)?.();
  pending.delete(id);
}

if (MODE === "round-trip") {
  const consumer = kafka.consumer({
    groupId: `kith-bench-limit-${process.pid}`,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const { key } of batch.messages) if (key !== null) settle(key.toString());
    },
  });
}

const app = Fastify({ logger: false });
app.post("/", async (request) => {
  const id = String(nextId++);
  const done = new Promise<void>((resolve) => pending.set(id, resolve));
  if (queue.length === 0 && !isSending) setTimeout(() => void flush(), COALESCE_MS);
  queue.push({ id, value: JSON.stringify(request.body) });
  await done;
  return { id };
});
app.get("/readyz", async () => ({}));
await app.listen({ host: "127.0.0.1", port: Number(PORT) });
