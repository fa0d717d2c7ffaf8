/** The inside of KafkaJS, for requests that its public side does not make: its cluster, over the sockets of a link. */
import { createRequire } from "node:module";
import type { Logger } from "kafkajs";
import { CONNECTION_TIMEOUT_MS, type KafkaLink, REQUEST_TIMEOUT_MS } from "./kafka-link.ts";

export type Request = { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<unknown> };
export type Response<T> = { decode(raw: Buffer): Promise<T>; parse(data: T): Promise<T> };

export type Broker = {
  versions: Record<number, { maxVersion: number } | undefined>;
  connectionPool: { send<T>(message: { request: Request; response: Response<T> }): Promise<T> };
  leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>;
};

export type Cluster = {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findGroupCoordinator(group: { groupId: string }): Promise<Broker>;
  brokerPool: { findConnectedBroker(): Promise<Broker> };
};

const KafkaJsCluster = createRequire(import.meta.url)("kafkajs/src/cluster") as new (
  options: Record<string, unknown>,
) => Cluster;

/** Runs the requests over a connection of their own. */
export async function withCluster<T>({ kafka, config }: KafkaLink, work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const { brokers, ssl, sasl, clientId, retry, socketFactory } = config;
  const cluster = new KafkaJsCluster({
    logger: kafka.logger() as Logger,
    brokers,
    ssl,
    sasl,
    clientId,
    retry,
    socketFactory,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    metadataMaxAge: 0,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
  });
  try {
    await cluster.connect();
    return await work(cluster);
  } finally {
    await cluster.disconnect();
  }
}
