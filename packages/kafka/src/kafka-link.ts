/**
 * One KafkaJS object with the sockets it opened. Everything KafkaJS would choose by itself is said here: its defaults
 * change with NODE_ENV, and some of its ends wait for answers that never come unless their sockets are taken away.
 */
import { isIP, connect as netConnect, type Socket } from "node:net";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import type { ISocketFactoryArgs, Kafka, KafkaConfig, RetryOptions, SASLOptions } from "kafkajs";
import { replaceChecksum } from "./checksum.ts";
import { registerCodecs } from "./codecs.ts";
import { replaceRecordDecoder } from "./decode-record-batches.ts";
import { replaceProduceEncoder } from "./encode-produce.ts";
import type { KafkaSettings } from "./kafka-settings.ts";
import { kafkajs } from "./kafkajs.ts";
import { kafkaJsLogCreator, type Log } from "./log-entry.ts";
import { repairRequestQueueTimer } from "./request-queue-timer.ts";

/** How long a broker may take to answer a connection attempt, and a request (waiting in Kafka not counted). */
export const CONNECTION_TIMEOUT_MS = 3_000;
export const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
const PRODUCE = 0;

export type LinkOptions = {
  /** Retries of one KafkaJS operation, 100 ms to 500 ms apart. */
  readonly retries: number;
};

export type KafkaLink = {
  readonly kafka: Kafka;
  /** The same settings, for those parts of KafkaJS that have no public door. */
  readonly config: KafkaConfig;
  /** Produce requests handed to the sockets so far; what was never handed over can not have reached a broker. */
  produceRequests(): number;
  /** Ends every socket at once and refuses new ones. Requests under way are rejected, KafkaJS's retries run dry. */
  cut(): void;
};

registerCodecs();
repairRequestQueueTimer();
replaceChecksum();
replaceRecordDecoder();
replaceProduceEncoder();

export function retryOptions(retries: number): RetryOptions {
  return {
    retries,
    initialRetryTime: 100,
    maxRetryTime: 500,
    factor: 0.2,
    multiplier: 1.5,
    // Restarting a consumer is our supervisor's work: it begins with fresh sockets and a fresh group member.
    restartOnFailure: async () => false,
  };
}

export function openLink(settings: KafkaSettings, log: Log, options: LinkOptions): KafkaLink {
  const sockets = new Set<Socket>();
  let produceRequests = 0;
  let isCut = false;

  function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
    if (isCut) throw new Error("this link to Kafka was closed");
    const socket = ssl
      ? tlsConnect(
          { host, port, ...(isIP(host) ? {} : { servername: host }), ...(ssl as ConnectionOptions) },
          onConnect,
        )
      : netConnect({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => {
      if (isProduceRequest(args[0])) produceRequests += 1;
      return write(...args);
    };
    return socket;
  }

  const { brokers, clientId, ssl, sasl } = settings;
  const config = {
    brokers: [...brokers],
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl } as SASLOptions }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    authenticationTimeout: REQUEST_TIMEOUT_MS,
    reauthenticationThreshold: 10_000,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    retry: retryOptions(options.retries),
    socketFactory: openSocket,
    logLevel: settings.onLog === undefined ? kafkajs.logLevel.NOTHING : kafkajs.logLevel.INFO,
    logCreator: kafkaJsLogCreator(log),
  } as KafkaConfig;

  return {
    kafka: new kafkajs.Kafka(config),
    config,
    produceRequests: () => produceRequests,
    cut() {
      isCut = true;
      // With an error, because that is the only end of a socket after which KafkaJS rejects what is under way.
      for (const socket of sockets) socket.destroy(new Error("this link to Kafka was closed"));
    },
  };
}

/** KafkaJS hands over one request at a time: its size in four octets, then the number of its kind. */
function isProduceRequest(chunk: unknown): boolean {
  return Buffer.isBuffer(chunk) && chunk.length >= 6 && chunk.readInt16BE(4) === PRODUCE;
}
