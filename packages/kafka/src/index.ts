/** Kafka for this repository: publish, consume, topics. The only package that knows which client library is behind it. */
export type { Compression } from "./codecs.ts";
export {
  type ConsumeOptions,
  type ConsumerState,
  consumePartitions,
  type PartitionConsumer,
} from "./consume-partitions.ts";
export type { ConsumerFatal } from "./consumer-fatal.ts";
export { createPublisher, type Publisher, type PublisherOptions } from "./create-publisher.ts";
export { ensureTopics, type TopicPlan } from "./ensure-topics.ts";
export { type FollowOptions, followTopic } from "./follow-topic.ts";
export { createHasHeader, type IncomingRecord, type RecordChunk } from "./incoming-record.ts";
export { closeKafka, connectKafka, type KafkaClient } from "./kafka-client.ts";
export type { KafkaSettings } from "./kafka-settings.ts";
export type { LogEntry } from "./log-entry.ts";
export type { LogPlace, OutgoingRecord } from "./outgoing-record.ts";
export { partitionOf } from "./partition-of.ts";
export { PublishError } from "./publish-error.ts";
export { readClusterId } from "./read-cluster-id.ts";
export { type LogBounds, readLogBounds } from "./read-log-bounds.ts";
export { describeTopic, type TopicDescription } from "./topic-id.ts";
