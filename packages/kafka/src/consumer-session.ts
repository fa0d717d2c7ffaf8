/**
 * One life of a group member: it joins, reads what it is assigned, and ends at the first thing it can not go on from.
 * consume-partitions.ts starts the next one, with fresh sockets. Kafka's committed offsets are never read from.
 */
import type { Consumer } from "kafkajs";
import { type Assignment, createAssignment, type ReadingOptions } from "./assignment.ts";
import { type ConsumerFatal, isFatal } from "./consumer-fatal.ts";
import type { ClientInternals } from "./kafka-client.ts";
import { retryOptions } from "./kafka-link.ts";
import { leaveGroup } from "./leave-group.ts";
import { within } from "./within.ts";

export type SessionOptions = ReadingOptions & {
  readonly topic: string;
  readonly groupId: string;
  readonly maxWaitMs: number;
  readonly maxBytesPerPartition: number;
  readonly sessionTimeoutMs: number;
  /** The member this one takes over from, if that was lost without leaving the group. */
  readonly lostMemberId: string | undefined;
  onAssigned(partitions: readonly number[]): void;
};

export type SessionEnd =
  | { readonly kind: "stopped" }
  | { readonly kind: "lost"; readonly error: unknown }
  | { readonly kind: "fatal"; readonly reason: ConsumerFatal };

export type Session = {
  readonly ended: Promise<SessionEnd>;
  assigned(): readonly number[];
  held(): readonly number[];
  memberId(): string | undefined;
  /** When a broker last answered, 0 before the first time. */
  lastAnswerAtMs(): number;
  /** True while the caller has a chunk or is asked for positions. */
  isWaitingForCaller(): boolean;
  commit(offsets: ReadonlyMap<number, number>): Promise<void>;
  end(end: SessionEnd): void;
  /** Lets the chunks under way finish, leaves the group and closes the sockets, all within a few seconds. */
  dispose(): Promise<void>;
};

const REBALANCE_TIMEOUT_MS = 60_000;
const HEARTBEATS_PER_SESSION = 5;
const METADATA_MAX_AGE_MS = 60_000;
const BYTES_MAX = 10 * 1024 * 1024;
const RETRIES = 5;
const COMMIT_DEADLINE_MS = 5_000;
const DRAIN_DEADLINE_MS = 3_000;
const LEAVE_DEADLINE_MS = 1_500;
// More than all partitions of our topics: none waits for another one's turn.
const PARTITIONS_AT_ONCE = 16;

export function openSession(inner: ClientInternals, options: SessionOptions): Session {
  const { topic } = options;
  const { log } = inner;
  const link = inner.openLink({ retries: RETRIES });
  const consumer: Consumer = link.kafka.consumer({
    groupId: options.groupId,
    retry: retryOptions(RETRIES),
    allowAutoTopicCreation: false,
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    heartbeatInterval: options.sessionTimeoutMs / HEARTBEATS_PER_SESSION,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    maxWaitTimeInMs: options.maxWaitMs,
    minBytes: 1,
    maxBytes: Math.max(BYTES_MAX, options.maxBytesPerPartition),
    maxBytesPerPartition: options.maxBytesPerPartition,
    readUncommitted: false,
  });
  const { promise: ended, resolve } = Promise.withResolvers<SessionEnd>();
  const underWay = new Set<Promise<void>>();
  let assignment: Assignment | undefined;
  let memberId = options.lostMemberId;
  let hasEnded = false;
  let lastAnswerAtMs = 0;

  function end(how: SessionEnd): void {
    hasEnded = true;
    assignment?.retire();
    resolve(how);
  }

  function endWith(error: unknown): void {
    end(isFatal(error) ? { kind: "fatal", reason: { kind: "consumer-crashed", error } } : { kind: "lost", error });
  }

  function assign(partitions: readonly number[]): void {
    assignment?.retire();
    if (hasEnded) return;
    if (partitions.length > 0) consumer.pause([{ topic, partitions: [...partitions] }]);
    const assigned = createAssignment({
      topic,
      partitions,
      options,
      underWay,
      log,
      seek: (partition, offset) => consumer.seek({ topic, partition, offset: String(offset) }),
      pause: (partition) => consumer.pause([{ topic, partitions: [partition] }]),
      resume: (some) => consumer.resume([{ topic, partitions: [...some] }]),
      readAgain: () => assign(partitions),
      onFatal: (reason) => end({ kind: "fatal", reason }),
    });
    assignment = assigned;
    log("info", "partitions assigned", { topic, partitions });
    options.onAssigned(partitions);
    assigned.load().catch(endWith);
  }

  consumer.on(consumer.events.REQUEST, () => {
    lastAnswerAtMs = Date.now();
  });
  // KafkaJS would ask again over the same half-open connection.
  consumer.on(consumer.events.REQUEST_TIMEOUT, ({ payload }) => {
    end({ kind: "lost", error: new Error(`no answer to ${payload.apiName}`) });
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => endWith(payload.error));
  // Emitted before anything is fetched for the new assignment, and heard at once.
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    memberId = payload.memberId;
    assign([...(payload.memberAssignment[topic] ?? [])].sort((a, b) => a - b));
  });
  consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
    if (payload.batchSize === 0) assignment?.skip(payload);
  });

  async function join(): Promise<void> {
    await consumer.connect();
    if (options.lostMemberId !== undefined) {
      await leaveGroup(link, log, { groupId: options.groupId, memberId: options.lostMemberId });
    }
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: async (payload) => assignment?.read(payload),
    });
  }

  join().catch(endWith);

  return {
    ended,
    end,
    assigned: () => (hasEnded ? [] : (assignment?.partitions ?? [])),
    held: () => (hasEnded ? [] : (assignment?.held() ?? [])),
    memberId: () => memberId,
    lastAnswerAtMs: () => lastAnswerAtMs,
    isWaitingForCaller: () => underWay.size > 0 || assignment?.isAsking() === true,

    async commit(offsets) {
      const mine = [...offsets].filter(([partition]) => assignment?.partitions.includes(partition) === true);
      if (hasEnded || mine.length === 0) return;
      const commits = mine.map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
      await within(COMMIT_DEADLINE_MS, consumer.commitOffsets(commits));
    },

    async dispose() {
      hasEnded = true;
      assignment?.retire();
      await within(DRAIN_DEADLINE_MS, Promise.all(underWay)).catch(() => undefined);
      await within(LEAVE_DEADLINE_MS, consumer.disconnect()).catch(() => undefined);
      link.cut();
    },
  };
}
