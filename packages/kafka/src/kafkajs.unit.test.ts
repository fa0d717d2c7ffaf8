import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { frameRequest } from "./frame-request.ts";
import { groupByPartition } from "./kafkajs.ts";

const require = createRequire(import.meta.url);

function group(partitions: readonly number[], partitionMetadata: readonly unknown[] = [{}]) {
  const messages = partitions.map((partition, index) => ({ partition, index }));
  return groupByPartition({
    topic: "orders",
    partitionMetadata,
    messages,
    partitioner: ({ message }) => message.partition,
  });
}

describe("the records of a send by partition", () => {
  it("keep their order", () => {
    const groups = group([3, 0, 3, 3, 0]);
    expect(Object.keys(groups)).toEqual(["0", "3"]);
    expect(groups[0]!.map(({ index }) => index)).toEqual([1, 4]);
    expect(groups[3]!.map(({ index }) => index)).toEqual([0, 2, 3]);
  });

  it("are none where the topic is not known", () => {
    expect(group([1, 2], [])).toEqual({});
  });

  it("are grouped by it wherever KafkaJS asks for its own part", () => {
    expect(require("kafkajs/src/producer/groupMessagesPerPartition")).toBe(groupByPartition);
  });
});

it("frames its requests with ours", () => {
  expect(require("kafkajs/src/protocol/request")).toBe(frameRequest);
});
