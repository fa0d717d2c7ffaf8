/**
 * Log → caller, one group member at a time. The caller keeps the positions; this keeps a member in the group: when one
 * ends because a broker went away or a connection hung, the next one begins, for as long as it takes.
 */
import type { ConsumerFatal } from "./consumer-fatal.ts";
import { openSession, type Session, type SessionOptions } from "./consumer-session.ts";
import type { RecordChunk } from "./incoming-record.ts";
import { internalsOf, type KafkaClient } from "./kafka-client.ts";
import { describeError } from "./log-entry.ts";
import { readLogBounds } from "./read-log-bounds.ts";
import { describeTopic } from "./topic-id.ts";
import { within } from "./within.ts";

/** What to read and whom to give it to. */
export type ConsumeOptions = {
  readonly topic: string;
  readonly groupId: string;
  /** If given, the consumer stops as soon as an assignment finds another topic under the name. */
  readonly topicId?: string;
  /**
   * Asked on each assignment, for all its partitions, and again until it resolves. A partition without an entry starts
   * where its log starts, which the first chunk's `from` tells. Or the reason why none of them is to be read: the consumer
   * stops for it.
   */
  startOffsets(partitions: readonly number[]): Promise<ReadonlyMap<number, number> | ConsumerFatal>;
  /** Told first on each assignment, the one after a chunk was refused included; earlier chunks no longer count. */
  onAssigned?(partitions: readonly number[]): void;
  /**
   * Chunks of one partition come one after the other, those of different partitions side by side; the next one is
   * fetched when this resolves. If it rejects, the assignment begins anew and `startOffsets` decides what is read again.
   * A chunk that is under way when the partitions are assigned anew is not waited for: fence its effect.
   */
  onChunk(chunk: RecordChunk): Promise<void>;
  /**
   * Told why the consumer is about to stop for good, while nobody else has its partitions yet. It is waited for, 5 s at
   * the most; if it rejects the consumer stops all the same.
   */
  beforeStopping?(reason: ConsumerFatal): Promise<void>;
  /** The consumer has stopped and does not start again. */
  onFatal(reason: ConsumerFatal): void;
  /** How long a broker may hold a fetch for records to come. Default 100. */
  readonly maxWaitMs?: number;
  /**
   * How long the group waits for a member that was killed before its partitions go to others. Default 10,000; brokers
   * take no less than 6,000. A member that is only slow loses nothing by it: see `onChunk`.
   */
  readonly sessionTimeoutMs?: number;
  /** Most bytes fetched of one partition at once, except that a larger batch at its head is fetched whole. */
  readonly maxBytesPerPartition?: number;
};

/** A member of a consumer group. */
export type PartitionConsumer = {
  /** Begins; does not wait for the brokers. */
  start(): Promise<void>;
  /** Tells Kafka how far the caller has come, for lag tools. Best effort: never rejects. */
  commit(offsets: ReadonlyMap<number, number>): Promise<void>;
  /** Waits for chunks under way, 3 s at most, and leaves the group. Resolves within 5 s whatever happens. */
  stop(): Promise<void>;
  state(): ConsumerState;
};

export type ConsumerState = {
  /** False once stopped, or if no broker answered for 30 s although nothing was waiting for the caller. */
  readonly alive: boolean;
  /** When a broker last answered, 0 before the first time. */
  readonly lastPollAtMs: number;
  readonly assigned: readonly number[];
  /** Those of them that do not go on, because their next batch is damaged: it is read again until it is whole. */
  readonly held: readonly number[];
};

/** What distinguishes one reader from another inside this package. */
export type ReaderOptions = Omit<ConsumeOptions, "topicId"> &
  Pick<SessionOptions, "inspectLog" | "onOutside"> & { onPositioned?(): void };

const MAX_WAIT_MS = 100;
const SESSION_TIMEOUT_MS = 10_000;
// One full batch fits, so that a partition with a large batch at its head does not wait for the others to run dry.
const BYTES_PER_PARTITION = 1024 * 1024 + 64 * 1024;
const ALIVE_MS = 30_000;
// A member may wait for the others to join for as long as the rebalance takes; after that it hangs.
const HANGING_MS = 90_000;
const WATCH_MS = 1_000;
const PAUSES_MS = [200, 500, 1_000, 2_000];
const HEALTHY_AFTER_MS = 30_000;
// Less than a session: the group waits for this member meanwhile.
const BEFORE_STOPPING_MS = 5_000;

/** Reads a topic as a member of a group, from positions the caller keeps. */
export function consumePartitions(client: KafkaClient, options: ConsumeOptions): PartitionConsumer {
  const { topic, topicId } = options;
  return readPartitions(client, {
    ...options,
    async inspectLog() {
      if (topicId !== undefined) {
        const found = await describeTopic(client, topic);
        if (found?.topicId !== topicId) return { kind: "topic-replaced", topicId: found?.topicId };
      }
      return await readLogBounds(client, topic);
    },
    onOutside: (partition, position, { start, end }) =>
      position < start
        ? { kind: "log-truncated", partition, position, logStart: start }
        : { kind: "beyond-log-end", partition, position, logEnd: end },
  });
}

/** The supervisor: one session after the other. */
export function readPartitions(client: KafkaClient, options: ReaderOptions): PartitionConsumer {
  const inner = internalsOf(client);
  let session: Session | undefined;
  let supervising: Promise<void> | undefined;
  let isStopped = false;
  let startedAtMs = 0;
  let lastPollAtMs = 0;
  const { promise: stopAsked, resolve: askToStop } = Promise.withResolvers<void>();

  async function supervise(): Promise<void> {
    let lostMemberId: string | undefined;
    for (let losses = 0; !isStopped; losses += 1) {
      const beganAtMs = Date.now();
      const opened = openSession(inner, {
        topic: options.topic,
        groupId: options.groupId,
        maxWaitMs: options.maxWaitMs ?? MAX_WAIT_MS,
        maxBytesPerPartition: options.maxBytesPerPartition ?? BYTES_PER_PARTITION,
        sessionTimeoutMs: options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
        lostMemberId,
        startOffsets: options.startOffsets,
        inspectLog: options.inspectLog,
        onAssigned: (partitions) => options.onAssigned?.(partitions),
        onPositioned: () => options.onPositioned?.(),
        onChunk: options.onChunk,
        onOutside: options.onOutside,
      });
      session = opened;
      const watch = setInterval(watchOver, WATCH_MS, opened, beganAtMs);
      const end = await opened.ended;
      clearInterval(watch);
      notePoll();
      if (end.kind === "fatal") await tellBeforeStopping(end.reason);
      await opened.dispose();
      session = undefined;
      lostMemberId = opened.memberId();
      if (end.kind === "stopped" || isStopped) return;
      if (end.kind === "fatal") {
        isStopped = true;
        options.onFatal(end.reason);
        return;
      }
      if (Date.now() - beganAtMs > HEALTHY_AFTER_MS) losses = 0;
      const pauseMs = PAUSES_MS[Math.min(losses, PAUSES_MS.length - 1)]!;
      const error = describeError(end.error);
      inner.log("warn", "the consumer lost its brokers, joining again", { topic: options.topic, error, pauseMs });
      await pause(pauseMs);
    }
  }

  async function tellBeforeStopping(reason: ConsumerFatal): Promise<void> {
    if (options.beforeStopping === undefined) return;
    try {
      await Promise.race([within(BEFORE_STOPPING_MS, options.beforeStopping(reason)), stopAsked]);
    } catch (error) {
      const details = { topic: options.topic, reason: reason.kind, error: describeError(error) };
      inner.log("error", "what had to be done before the consumer stops was not done", details);
    }
  }

  function watchOver(watched: Session, beganAtMs: number): void {
    notePoll();
    const heardAtMs = Math.max(watched.lastAnswerAtMs(), beganAtMs);
    if (watched.isWaitingForCaller() || Date.now() - heardAtMs < HANGING_MS) return;
    watched.end({ kind: "lost", error: new Error("the consumer hangs") });
  }

  function notePoll(): void {
    if (session !== undefined) lastPollAtMs = Math.max(lastPollAtMs, session.lastAnswerAtMs());
  }

  async function pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const passed = new Promise((wake) => {
      timer = setTimeout(wake, ms);
    });
    await Promise.race([passed, stopAsked]);
    clearTimeout(timer);
  }

  return {
    async start() {
      if (isStopped || supervising !== undefined) return;
      startedAtMs = Date.now();
      supervising = supervise();
    },

    async commit(offsets) {
      try {
        await session?.commit(offsets);
      } catch (error) {
        inner.log("debug", "offsets were not committed", { topic: options.topic, error: describeError(error) });
      }
    },

    async stop() {
      isStopped = true;
      askToStop();
      session?.end({ kind: "stopped" });
      await supervising;
    },

    state() {
      notePoll();
      const isBusy = session?.isWaitingForCaller() === true;
      const isHeard = Date.now() - Math.max(lastPollAtMs, startedAtMs) < ALIVE_MS;
      return {
        alive: supervising !== undefined && !isStopped && (isBusy || isHeard),
        lastPollAtMs,
        assigned: session?.assigned() ?? [],
        held: session?.held() ?? [],
      };
    },
  };
}
