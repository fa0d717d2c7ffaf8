import { createRequire } from "node:module";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Compression, compressionType, registerCodecs } from "./codecs.ts";
import { type ProduceRequest, produceRequest } from "./encode-produce.ts";
import { type FramedRequest, frameRequest } from "./frame-request.ts";

type Encodes = (request: ProduceRequest) => FramedRequest;

const require = createRequire(import.meta.url);
/** KafkaJS's own, for comparison. */
const originalRequest = require("kafkajs/src/protocol/requests/produce/v3/request") as Encodes;
const originalFrame = original("kafkajs/src/protocol/request") as typeof frameRequest;

registerCodecs();

function original(name: string): unknown {
  const file = require.resolve(name);
  const ours = require.cache[file];
  delete require.cache[file];
  const part: unknown = require(file);
  require.cache[file] = ours;
  return part;
}
afterEach(() => vi.useRealTimers());

async function bytesOf(request: ProduceRequest, clientId: string | null = "kith"): Promise<Buffer> {
  return (await frameRequest({ correlationId: 7, clientId, request: produceRequest(request) })).buffer;
}

async function expectSame(request: ProduceRequest, clientId: string | null = "kith"): Promise<void> {
  const expected = await originalFrame({ correlationId: 7, clientId, request: originalRequest(request) });
  expect((await bytesOf(request, clientId)).equals(expected.buffer)).toBe(true);
}

const produce = (messages: readonly object[], more: object = {}): ProduceRequest => ({
  acks: -1,
  timeout: 10_000,
  topicData: [{ topic: "orders", partitions: [{ partition: 2, messages }] }],
  ...more,
});

const text = fc.string({ unit: "binary", maxLength: 40 });
const message = fc.record({
  key: fc.oneof(text, fc.constant(null)),
  value: fc.oneof(text, fc.constant(null)),
  headers: fc.dictionary(text, text, { maxKeys: 4 }),
  timestamp: fc.integer({ min: 10 ** 12, max: 2 * 10 ** 12 }).map(String),
});
const partition = fc.record({
  partition: fc.oneof(fc.nat(100), fc.nat(100).map(String)),
  firstSequence: fc.nat(),
  messages: fc.array(message, { minLength: 1, maxLength: 8 }),
});
const request = fc.record({
  acks: fc.constantFrom(-1, 1),
  timeout: fc.nat(60_000),
  transactionalId: fc.oneof(
    fc.constant(null),
    text.filter((id) => id !== ""),
  ),
  producerId: fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String)),
  producerEpoch: fc.nat(30_000),
  topicData: fc.array(fc.record({ topic: text, partitions: fc.array(partition, { minLength: 1, maxLength: 4 }) }), {
    minLength: 1,
    maxLength: 3,
  }),
});

describe("a produce request", () => {
  it("is what KafkaJS makes of it, to the octet", async () => {
    await fc.assert(
      fc.asyncProperty(request, fc.oneof(text, fc.constant(null)), async (given, clientId) => {
        await expectSame(given, clientId);
      }),
      { numRuns: 300 },
    );
  });

  it.each<Compression>(["gzip", "snappy", "lz4", "zstd"])("packs its records with %s", async (compression) => {
    const messages = Array.from({ length: 50 }, (_, index) => ({
      key: `k${index}`,
      value: "v",
      timestamp: "1700000000000",
    }));
    await expectSame(produce(messages, { compression: compressionType(compression) }));
  });

  it("takes records larger than any before it", async () => {
    for (const size of [100_000, 3_000_000, 10]) {
      const messages = ["a", "é", "c"].map((letter) => ({
        key: null,
        value: letter.repeat(size),
        timestamp: "1700000000000",
      }));
      await expectSame(produce(messages));
    }
  });

  it("does not share its memory with the next one", async () => {
    const message = (value: string) => produce([{ key: null, value, timestamp: "1700000000000" }]);
    const { parts } = await produceRequest(message("first")).encode();
    const copy = Buffer.concat(parts);
    await bytesOf(message("second"));
    expect(Buffer.concat(parts).equals(copy)).toBe(true);
  });

  it("gives records without a time that of now", async () => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
    await expectSame(produce([{ key: null, value: "v" }]));
    await expectSame(
      produce([
        { key: null, value: "v" },
        { key: null, value: "w", timestamp: "1699999999990" },
      ]),
    );
    await expectSame(produce([{ key: null, value: "v", timestamp: null }]));
  });

  it("can be framed by KafkaJS itself", async () => {
    const request = produceRequest(produce([{ key: null, value: "v", timestamp: "1700000000000" }]));
    const framed = await originalFrame({ correlationId: 7, clientId: "kith", request });
    expect(framed.buffer.equals((await frameRequest({ correlationId: 7, clientId: "kith", request })).buffer)).toBe(
      true,
    );
  });

  it("says whether an answer will come", () => {
    expect([0, 1, -1].map((acks) => produceRequest(produce([], { acks })).expectResponse())).toEqual([
      false,
      true,
      true,
    ]);
  });
});
