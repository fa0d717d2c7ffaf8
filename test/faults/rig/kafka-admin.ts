/**
 * What only the rig does to topics: delete them, and delete their oldest records. Two requests of Kafka's protocol by
 * hand, in the oldest versions that Kafka 4 speaks; no part of Kith needs them.
 */
import { connect, type Socket } from "node:net";

const DELETE_TOPICS = { key: 20, version: 1 };
const DELETE_RECORDS = { key: 21, version: 0 };
const ANSWER_LIMIT_MS = 15_000;
const SERVER_LIMIT_MS = 10_000;

/** Deletes topics at the broker, which in a cluster must be the controller: the rig deletes with one broker only. */
export async function deleteTopics(address: string, topics: readonly string[]): Promise<void> {
  const body = Buffer.concat([int32(topics.length), ...topics.map(text), int32(SERVER_LIMIT_MS)]);
  const answer = await ask(address, DELETE_TOPICS, body);
  // throttle time, count, then a name and an error code each
  let at = 8;
  for (let left = answer.readInt32BE(4); left > 0; left -= 1) {
    at += 2 + answer.readInt16BE(at);
    const code = answer.readInt16BE(at);
    if (code !== 0) throw new Error(`Kafka did not delete a topic: error ${code}`);
    at += 2;
  }
}

/** Deletes every record before the offset, as a retention that has passed would. */
export async function deleteRecords(address: string, topic: string, partition: number, before: number): Promise<void> {
  const partitions = Buffer.concat([int32(1), int32(partition), int64(before)]);
  const body = Buffer.concat([int32(1), text(topic), partitions, int32(SERVER_LIMIT_MS)]);
  const answer = await ask(address, DELETE_RECORDS, body);
  // throttle time, count of topics, name, count of partitions, partition, low watermark, error code
  const code = answer.readInt16BE(8 + 2 + answer.readInt16BE(8) + 4 + 4 + 8);
  if (code !== 0) throw new Error(`Kafka did not delete records: error ${code}`);
}

async function ask(address: string, api: { key: number; version: number }, body: Buffer): Promise<Buffer> {
  const [host = "", port] = address.split(":");
  const socket = connect({ host, port: Number(port) });
  try {
    const head = Buffer.concat([int16(api.key), int16(api.version), int32(1), text("kith-faults")]);
    socket.write(Buffer.concat([int32(head.length + body.length), head, body]));
    return await readAnswer(socket);
  } finally {
    socket.destroy();
  }
}

/** The body of the answer, after its length and correlation id. */
function readAnswer(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.setTimeout(ANSWER_LIMIT_MS, () => reject(new Error("Kafka did not answer the rig in time")));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("Kafka closed the rig's connection")));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) resolve(received.subarray(8));
    });
  });
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([int16(bytes.length), bytes]);
}
