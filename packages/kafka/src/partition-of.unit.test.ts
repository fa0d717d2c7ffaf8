import kafkajs from "kafkajs";
import { describe, expect, it } from "vitest";
import { murmur2, partitionOf } from "./partition-of.ts";

describe("murmur2", () => {
  it.each([
    // From org.apache.kafka.common.utils.UtilsTest.
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ["abc", 479470107],
  ])("of %j is what Java has", (key, expected) => {
    expect(murmur2(Buffer.from(key))).toBe(expected);
  });
});

describe("partitionOf", () => {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: 6 }, (_, partitionId) => ({ partitionId, leader: 1 }));
  const byKafkaJs = (key: string | Buffer): number =>
    partitioner({ topic: "t", partitionMetadata: partitionMetadata as never, message: { key, value: null } });

  it("agrees with KafkaJS's default partitioner for keys of every length and any octets", () => {
    for (let length = 0; length < 300; length += 1) {
      const key = Buffer.from(Array.from({ length }, (_, index) => (index * 151 + length * 37) & 0xff));
      expect(partitionOf(key, 6)).toBe(byKafkaJs(key));
    }
  });

  it.each(["lorraine@hillvalley.edu", "123456", "grüße@exämple.org", "", "é".repeat(2_000), "😀@x.io"])(
    "takes the text %j as its UTF-8",
    (key) => {
      expect(partitionOf(key, 6)).toBe(partitionOf(Buffer.from(key), 6));
      expect(partitionOf(key, 6)).toBe(byKafkaJs(key));
    },
  );

  it("puts records without a key into partition 0", () => {
    expect(partitionOf(null, 6)).toBe(0);
  });
});
