/**
 * How far each partition is settled, and who waits for more. The announcement of a commit says how far it goes and
 * releases all who wait for it. It may be missed: while anyone waits the offsets are also read now and then.
 */
import { type Database, readCommit, readOffsets } from "@kith/database";

export type ProgressDependencies = {
  readonly db: Database;
  readonly waitersMax: number;
  readonly onError: (error: unknown) => void;
};

export type Progress = {
  /** True as soon as the record at this place is settled, false when `waitMs` is over. Rejects if too many wait. */
  waitFor(place: { topicId: string; partition: number; offset: number }, waitMs: number): Promise<boolean>;
  /** Something was committed: what, if an announcement says so. */
  wake(announcement?: string): void;
  waiting(): number;
  close(): void;
};

/** Too many requests wait at once. */
export class TooManyWaiters extends Error {
  constructor() {
    super("too many requests wait for their receipts");
    this.name = "TooManyWaiters";
  }
}

type Waiter = {
  partition: number;
  offset: number;
  deadlineMs: number;
  /** The offsets have been read since it came: before that nothing is known about it. */
  isLookedAt: boolean;
  settle: (isSettled: boolean) => void;
};

const SWEEP_MS = 50;
/** A database that does not answer makes a waiter pending so long after its deadline. */
const UNREAD_GRACE_MS = 2_000;

export function createProgress({ db, waitersMax, onError }: ProgressDependencies): Progress {
  const offsets = new Map<number, number>();
  const announced = new Set<number>();
  let topic: string | undefined;
  let waiters: Waiter[] = [];
  let isReading = false;
  let isStale = true;

  const isSettled = (waiter: { partition: number; offset: number }) =>
    waiter.offset < (offsets.get(waiter.partition) ?? 0);

  function release(): void {
    const nowMs = performance.now();
    const left: Waiter[] = [];
    for (const waiter of waiters) {
      if (isSettled(waiter)) waiter.settle(true);
      else if (waiter.deadlineMs + (waiter.isLookedAt ? 0 : UNREAD_GRACE_MS) <= nowMs) waiter.settle(false);
      else left.push(waiter);
    }
    waiters = left;
  }

  async function read(): Promise<void> {
    if (isReading || waiters.length === 0 || topic === undefined) return;
    isReading = true;
    try {
      while (isStale && waiters.length > 0) {
        isStale = false;
        const present = [...waiters];
        announced.clear();
        for (const row of await readOffsets(db, topic)) {
          // What was announced meanwhile may be newer than what was read.
          if (!announced.has(row.partition)) offsets.set(row.partition, row.next_offset);
        }
        for (const waiter of present) waiter.isLookedAt = true;
        release();
      }
    } catch (error) {
      isStale = true;
      onError(error);
    } finally {
      isReading = false;
    }
  }

  // Also the time-out of every waiter: one timer instead of one per request.
  const sweep = setInterval(() => {
    if (waiters.length === 0) return;
    isStale = true;
    release();
    void read();
  }, SWEEP_MS);

  return {
    waitFor({ topicId, partition, offset }, waitMs) {
      if (topicId !== topic) {
        topic = topicId;
        offsets.clear();
        isStale = true;
      }
      if (isSettled({ partition, offset })) return Promise.resolve(true);
      if (waiters.length >= waitersMax) return Promise.reject(new TooManyWaiters());
      return new Promise((settle) => {
        waiters.push({
          partition,
          offset,
          deadlineMs: performance.now() + waitMs,
          isLookedAt: !isStale && !isReading,
          settle,
        });
        if (isReading) isStale = true;
        if (isStale) void read();
      });
    },
    wake(announcement) {
      const commit = announcement === undefined ? undefined : readCommit(announcement);
      if (commit !== undefined) {
        if (commit.topicId !== topic) return;
        for (const { partition, to } of commit.settled) {
          offsets.set(partition, to);
          announced.add(partition);
        }
        release();
        return;
      }
      isStale = true;
      void read();
    },
    waiting: () => waiters.length,
    close() {
      clearInterval(sweep);
      for (const waiter of waiters) waiter.settle(false);
      waiters = [];
    },
  };
}
