/**
 * Topic ids. Kafka gives every topic an id at its creation, so that a topic deleted and created again can be told from
 * the first. KafkaJS asks with Metadata version 6 at most; ids came with version 10. So this file holds one request and
 * answer of its own (Metadata version 12, in Kafka's "flexible" encoding), sent over KafkaJS's connection, which brings
 * TLS and SASL with it. KafkaJS writes request header v1 and reads response header v0: the empty tagged fields of the
 * flexible headers are the first byte of our body, going and coming.
 */
import { createRequire } from "node:module";
import { internalsOf, type KafkaClient } from "./kafka-client.ts";
import { withCluster } from "./kafka-cluster.ts";

/** A topic as the cluster knows it. */
export type TopicDescription = {
  /** The id Kafka assigned at the topic's creation, a lower-case UUID. */
  readonly topicId: string;
  readonly partitions: number;
};

type FoundTopic = TopicDescription & { readonly partitionsWithLeader: number };

const KafkaJsEncoder = createRequire(import.meta.url)("kafkajs/src/protocol/encoder") as new () => {
  writeBufferInternal(bytes: Buffer): void;
};

const METADATA = { apiKey: 3, apiVersion: 12, apiName: "Metadata" };
const UNKNOWN_TOPIC = 3;
const LEADER_NOT_AVAILABLE = 5;

/** Looks a topic up; undefined if there is none of that name. */
export async function describeTopic(client: KafkaClient, name: string): Promise<TopicDescription | undefined> {
  const found = await findTopic(client, name);
  return found === undefined ? undefined : { topicId: found.topicId, partitions: found.partitions };
}

/** As {@link describeTopic}, with the number of partitions that have a leader. */
export async function findTopic(client: KafkaClient, name: string): Promise<FoundTopic | undefined> {
  return await internalsOf(client).admin.ask((_, link) =>
    withCluster(link, async ({ brokerPool }) => {
      const broker = await brokerPool.findConnectedBroker();
      if ((broker.versions[METADATA.apiKey]?.maxVersion ?? 0) < METADATA.apiVersion) {
        throw new Error("the broker is too old to tell topic ids: Kafka 3.1 or later is needed");
      }
      const { topic } = await broker.connectionPool.send({
        request: { ...METADATA, encode: async () => encodeRequest(name) },
        response: { decode: async (raw) => ({ topic: decodeResponse(raw) }), parse: async (answer) => answer },
      });
      return topic;
    }),
  );
}

function encodeRequest(name: string): unknown {
  const text = Buffer.from(name);
  const body = Buffer.concat([
    Buffer.from([0]), // the request header's tagged fields: none
    uvarint(2), // an array of one topic
    Buffer.alloc(16), // looked up by name, not by id
    uvarint(text.length + 1),
    text,
    Buffer.from([0]), // the topic's tagged fields
    Buffer.from([0, 0]), // create it: no; authorised operations: no
    Buffer.from([0]), // the request's tagged fields
  ]);
  const encoder = new KafkaJsEncoder();
  encoder.writeBufferInternal(body);
  return encoder;
}

function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function decodeResponse(raw: Buffer): FoundTopic | undefined {
  const reader = createReader(raw);
  reader.skipTags();
  reader.int32(); // throttle time
  reader.array(() => {
    reader.int32();
    reader.skipText();
    reader.int32();
    reader.skipText();
    reader.skipTags();
  });
  reader.skipText(); // cluster id
  reader.int32(); // controller
  const [topic] = reader.array(() => {
    const errorCode = reader.int16();
    reader.skipText();
    const topicId = reader.uuid();
    reader.skip(1); // internal
    const leaders = reader.array(readPartition);
    reader.int32(); // authorised operations
    reader.skipTags();
    return { errorCode, topicId, leaders };
  });

  function readPartition(): number {
    reader.int16(); // error code
    reader.int32(); // index
    const leader = reader.int32();
    reader.int32(); // leader epoch
    for (let list = 0; list < 3; list += 1) reader.array(() => reader.int32()); // replicas: all, in sync, offline
    reader.skipTags();
    return leader;
  }

  if (topic === undefined || topic.errorCode === UNKNOWN_TOPIC) return undefined;
  if (topic.errorCode !== 0 && topic.errorCode !== LEADER_NOT_AVAILABLE) {
    throw new Error(`the broker does not describe the topic: Kafka error ${topic.errorCode}`);
  }
  const { topicId, leaders } = topic;
  return { topicId, partitions: leaders.length, partitionsWithLeader: leaders.filter((leader) => leader >= 0).length };
}

function createReader(bytes: Buffer) {
  let at = 0;
  const reader = {
    skip(count: number) {
      at += count;
    },
    int16() {
      at += 2;
      return bytes.readInt16BE(at - 2);
    },
    int32() {
      at += 4;
      return bytes.readInt32BE(at - 4);
    },
    uvarint() {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes.readUInt8(at++);
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    },
    /** A text is preceded by its length plus one; zero stands for null. */
    skipText() {
      const size = reader.uvarint();
      if (size > 0) at += size - 1;
    },
    uuid() {
      const h = bytes.toString("hex", at, at + 16);
      at += 16;
      return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
    },
    array<T>(read: () => T): T[] {
      const items: T[] = [];
      for (let left = reader.uvarint() - 1; left > 0; left -= 1) items.push(read());
      return items;
    },
    skipTags() {
      for (let left = reader.uvarint(); left > 0; left -= 1) {
        reader.uvarint();
        at += reader.uvarint();
      }
    },
  };
  return reader;
}
