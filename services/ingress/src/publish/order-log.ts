/**
 * The ingress's side of `order.identity`: knows the topic, publishes, and issues receipts. Kafka may be away when the
 * process starts, go away and come back: the service lives on, answers 503 meanwhile and recovers by itself.
 */
import { createReceipts, KithError, type Receipts } from "@kith/contracts";
import type { LogPlace, Publisher } from "@kith/kafka";
import type { Logger } from "@kith/service-kit";
import type { CoalescingPublisher, Receiver, ValuedRecord } from "./coalescing-publisher.ts";
import { createCoalescingPublisher } from "./coalescing-publisher.ts";

/** An order that is in the log. */
export type Accepted = { readonly eventId: string; readonly receipt: string };

/** An order on its way into the log. */
export type OutgoingOrder = { readonly eventId: string; readonly record: ValuedRecord };

export type OrderLog = {
  /** The partitions of the topic, or undefined while it is not known or not reachable. */
  partitions(): number | undefined;
  /**
   * Resolves once the broker has acknowledged the order's record; rejects with a KithError otherwise. Both name the
   * event: an order that was not taken is repeated under the same id.
   */
  publish(order: OutgoingOrder): Promise<Accepted>;
  /** Many, in their order; never rejects. */
  publishAll(orders: readonly OutgoingOrder[]): Promise<(Accepted | KithError)[]>;
  isReady(): boolean;
  start(): void;
  /** The process closes: what is not acknowledged after `ms` is answered as not taken. */
  drain(ms: number): void;
  close(): Promise<void>;
};

export type OrderLogOptions = {
  readonly topic: string;
  readonly publisher: Publisher;
  readonly describeTopic: () => Promise<{ topicId: string; partitions: number } | undefined>;
  readonly readReceiptSecret: () => Promise<string>;
  readonly logger: Logger;
  readonly limits: {
    publishRecordsMax: number;
    publishBytesMax: number;
    produceRecordsMax: number;
    produceBytesMax: number;
    publishQueueMs: number;
    produceLingerMs: number;
  };
  /** Whether so many orders need not wait for more to share their produce. */
  readonly isEnough: (records: number) => boolean;
};

/** While the log is away it is looked for this often; while it is there, whether it is still the same topic. */
const RETRY_MS = 500;
const RECHECK_MS = 10_000;
const LOOK_MS = 5_000;

type Topic = { readonly topicId: string; readonly partitions: number };

export function createOrderLog(options: OrderLogOptions): OrderLog {
  const { topic: topicName, publisher, logger, limits } = options;
  let topic: Topic | undefined;
  let receipts: Receipts | undefined;
  let isConnected = false;
  /** False after a failed publish or look until a look succeeds. */
  let isReachable = false;
  let isAwayLogged = false;
  /** A publish failed since the last successful look: until then, refuse at once rather than let all wait in vain. */
  let hasFailed = false;
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let draining: NodeJS.Timeout | undefined;
  let isClosed = false;
  /** Per partition, the last offset handed out. An offset that does not grow means another topic of the same name. */
  const lastOffsets = new Map<number, number>();

  const queue: CoalescingPublisher = createCoalescingPublisher({
    produce,
    recordsMax: limits.publishRecordsMax,
    bytesMax: limits.publishBytesMax,
    produceRecordsMax: limits.produceRecordsMax,
    produceBytesMax: limits.produceBytesMax,
    queueMs: limits.publishQueueMs,
    nowMs: Date.now,
    lingerMs: limits.produceLingerMs,
    isEnough: options.isEnough,
  });

  async function produce(records: readonly ValuedRecord[]): Promise<LogPlace[]> {
    let places: LogPlace[];
    try {
      places = await publisher.publish(topicName, records);
    } catch (error) {
      logger.error({ err: error, records: records.length }, "publish failed");
      isReachable = false;
      hasFailed = true;
      queue.rejectWaiting();
      void look();
      throw new KithError("log-unavailable", {}, { cause: error });
    }
    let hasGoneBack = false;
    for (const { partition, offset } of places) {
      hasGoneBack ||= offset <= (lastOffsets.get(partition) ?? -1);
      lastOffsets.set(partition, offset);
    }
    if (hasGoneBack) await look();
    return places;
  }

  /** Learns what there is to know about the topic. Never rejects. */
  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
      clearTimeout(timer);
      if (!isClosed) timer = setTimeout(look, isReachable ? RECHECK_MS : RETRY_MS);
    });
    return looking;
  }

  async function lookOnce(): Promise<void> {
    try {
      const found = await withDeadline(learn(), LOOK_MS);
      if (found.topicId !== topic?.topicId) {
        lastOffsets.clear();
        logger.info({ topic: topicName, topicId: found.topicId, partitions: found.partitions }, "log found");
      }
      topic = found;
      if (!isReachable) logger.info({ topic: topicName }, "log reachable");
      isReachable = true;
      isAwayLogged = false;
      hasFailed = false;
    } catch (error) {
      if (!isAwayLogged) logger.warn({ err: error, topic: topicName }, "log not reachable");
      isAwayLogged = true;
      isReachable = false;
    }
  }

  async function learn(): Promise<Topic> {
    if (!isConnected) {
      await publisher.connect();
      isConnected = true;
    }
    receipts ??= createReceipts(await options.readReceiptSecret());
    const found = await options.describeTopic();
    if (found === undefined) throw new KithError("log-unavailable", { detail: "the topic does not exist" });
    return found;
  }

  function accept(eventId: string, { partition, offset }: LogPlace): Accepted | KithError {
    if (topic === undefined || receipts === undefined) return refusal(eventId, undefined);
    return { eventId, receipt: receipts.issue({ topicId: topic.topicId, partition, offset }) };
  }

  return {
    partitions: () => (hasFailed ? undefined : topic?.partitions),

    publish({ eventId, record }) {
      return new Promise((resolve, reject) => {
        const receiver: Receiver = {
          taken(_, place) {
            const outcome = accept(eventId, place);
            if (outcome instanceof KithError) reject(outcome);
            else resolve(outcome);
          },
          refused: (_, error) => reject(refusal(eventId, error)),
        };
        queue.publish(record, receiver, 0);
      });
    },

    publishAll(orders) {
      return new Promise((resolve) => {
        const outcomes = new Array<Accepted | KithError>(orders.length);
        let left = orders.length;
        if (left === 0) return resolve(outcomes);
        const settle = (index: number, outcome: Accepted | KithError) => {
          outcomes[index] = outcome;
          left -= 1;
          if (left === 0) resolve(outcomes);
        };
        const receiver: Receiver = {
          taken: (index, place) => settle(index, accept(orders[index]!.eventId, place)),
          refused: (index, error) => settle(index, refusal(orders[index]!.eventId, error)),
        };
        for (let index = 0; index < orders.length; index++) queue.publish(orders[index]!.record, receiver, index);
      });
    },

    isReady: () => isReachable,
    start: () => void look(),

    drain(ms) {
      draining = setTimeout(queue.abandon, ms);
    },

    async close() {
      isClosed = true;
      clearTimeout(timer);
      clearTimeout(draining);
      // What is still under way was abandoned, and ends with the publisher.
      const settled = queue.close();
      await publisher.close();
      await settled;
    },
  };
}

/** The error of an order, whose id a retry must have. One produce that fails is one error, and many orders. */
function refusal(eventId: string, cause: unknown): KithError {
  const code = cause instanceof KithError ? cause.code : "log-unavailable";
  return new KithError(code, { eventId }, { cause });
}

async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new KithError("log-unavailable", { detail: "no answer in time" })), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
