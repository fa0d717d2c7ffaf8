/**
 * KafkaJS 2.2.4, loaded with two parts of it replaced: the frame of a request (`frame-request.ts`), and the grouping of
 * the records of a send, which copies, for each record, the list of those before it, in time and memory that grow with
 * their square. Everything here loads KafkaJS from this file: what was loaded before would keep the parts it had.
 */
import { createRequire } from "node:module";
import { frameRequest } from "./frame-request.ts";
import { replacePart } from "./replace-part.ts";

type Grouping<Message> = {
  readonly topic: string;
  readonly partitionMetadata: readonly unknown[];
  readonly messages: readonly Message[];
  readonly partitioner: (of: { topic: string; partitionMetadata: readonly unknown[]; message: Message }) => number;
};

replacePart("protocol/request", frameRequest);
replacePart("producer/groupMessagesPerPartition", groupByPartition);

/** KafkaJS. */
export const kafkajs = createRequire(import.meta.url)("kafkajs") as typeof import("kafkajs");

/** The messages of each partition, in the order given. */
export function groupByPartition<Message>(grouping: Grouping<Message>): Record<number, Message[]> {
  const { topic, partitionMetadata, messages, partitioner } = grouping;
  const groups: Record<number, Message[]> = {};
  if (partitionMetadata.length === 0) return groups;
  for (const message of messages) {
    const partition = partitioner({ topic, partitionMetadata, message });
    const group = groups[partition];
    if (group === undefined) groups[partition] = [message];
    else group.push(message);
  }
  return groups;
}
