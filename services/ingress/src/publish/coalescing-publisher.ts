/**
 * Group commit for the log: records that arrive while a produce is under way share the next one. Alone, a record is
 * sent at once. Where a produce carried several, more are coming: the next one waits a few milliseconds for them, since
 * every produce costs the broker, the reconciler and the database a round of their own; or until enough are there.
 */
import { KithError } from "@kith/contracts";
import type { LogPlace, OutgoingRecord } from "@kith/kafka";

/** A record with a value. */
export type ValuedRecord = OutgoingRecord & { value: string };

/**
 * Whoever waits for records, and is told of each by the index it gave it. Functions and not a promise, because an order
 * then costs one promise in all, and a batch of a thousand no more than that.
 */
export type Receiver = {
  /** The broker has acknowledged the record. */
  taken(index: number, place: LogPlace): void;
  /** A KithError if the record was never sent, else the error of the produce: then it may be in the log. */
  refused(index: number, error: unknown): void;
};

export type CoalescingPublisher = {
  /** Tells the receiver one of the two, once. */
  publish(record: ValuedRecord, receiver: Receiver, index: number): void;
  /** Rejects what was not sent yet, because the log is known to be away. */
  rejectWaiting(): void;
  /** Rejects also what is under way, and may be in the log: the process closes and can wait no longer. */
  abandon(): void;
  /** Takes no more records; resolves when all that were taken are settled. */
  close(): Promise<void>;
};

export type CoalescingPublisherOptions = {
  /** One produce; resolves with the place of each record, in order. Called one at a time. */
  readonly produce: (records: readonly ValuedRecord[]) => Promise<LogPlace[]>;
  readonly recordsMax: number;
  readonly bytesMax: number;
  readonly produceRecordsMax: number;
  readonly produceBytesMax: number;
  /** How long a record may wait for its produce to begin. */
  readonly queueMs: number;
  readonly nowMs: () => number;
  /** How long a produce after one of several records waits for more. */
  readonly lingerMs: number;
  /** Whether so many records need not wait for more. Asked at every one that comes while a produce waits. */
  readonly isEnough: (records: number) => boolean;
};

/** What a record takes beside its value: key, headers, framing. */
const RECORD_OVERHEAD_BYTES = 400;
const SWEEP_MS = 200;

type Waiting = {
  readonly record: ValuedRecord;
  readonly bytes: number;
  readonly since: number;
  readonly receiver: Receiver;
  readonly index: number;
  isSettled: boolean;
};

export function createCoalescingPublisher(options: CoalescingPublisherOptions): CoalescingPublisher {
  const { produce, recordsMax, bytesMax, produceRecordsMax, produceBytesMax, queueMs, nowMs } = options;
  let waiting: Waiting[] = [];
  let underWay: readonly Waiting[] = [];
  let recordsHeld = 0;
  let bytesHeld = 0;
  let isRunning = false;
  let isBusy = false;
  /** Tells a produce that waits for company of a record that has come. */
  let onCompany: (() => void) | undefined;
  let sweep: NodeJS.Timeout | undefined;
  const closing = Promise.withResolvers<void>();
  let isClosing = false;

  function start(): void {
    if (isRunning) return;
    isRunning = true;
    // After all requests that arrived in this turn of the event loop.
    setImmediate(run);
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      if (isBusy && !isClosing && !hasCompany()) await gather();
      // Those that waited may have been rejected meanwhile.
      if (waiting.length === 0) break;
      const batch = takeBatch();
      isBusy = batch.length > 1;
      underWay = batch;
      try {
        const places = await produce(batch.map((one) => one.record));
        for (let at = 0; at < batch.length; at++) {
          const one = batch[at]!;
          if (letGo(one)) one.receiver.taken(one.index, places[at]!);
        }
      } catch (error) {
        for (const one of batch) refuse(one, error);
      }
      underWay = [];
    }
    isRunning = false;
    if (isClosing) closing.resolve();
  }

  function hasCompany(): boolean {
    return waiting.length >= produceRecordsMax || options.isEnough(waiting.length);
  }

  function gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(finish, options.lingerMs);
      function finish() {
        clearTimeout(timer);
        onCompany = undefined;
        resolve();
      }
      onCompany = () => {
        if (hasCompany()) finish();
      };
    });
  }

  function takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const one of waiting) {
      bytes += one.bytes;
      if (count > 0 && (bytes > produceBytesMax || count >= produceRecordsMax)) break;
      count += 1;
    }
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return batch;
  }

  /** False if somebody was told before. */
  function letGo(one: Waiting): boolean {
    if (one.isSettled) return false;
    one.isSettled = true;
    recordsHeld -= 1;
    bytesHeld -= one.bytes;
    return true;
  }

  function refuse(one: Waiting, error: unknown): void {
    if (letGo(one)) one.receiver.refused(one.index, error);
  }

  function rejectSince(limit: number): void {
    // Records wait in the order they came, so the expired ones are at the front.
    let count = 0;
    while (count < waiting.length && waiting[count]!.since <= limit) count += 1;
    const rejected = waiting.slice(0, count);
    waiting = waiting.slice(count);
    for (const one of rejected) refuse(one, new KithError("log-unavailable"));
  }

  function keepSweeping(): void {
    if (sweep !== undefined) return;
    sweep = setInterval(() => {
      rejectSince(nowMs() - queueMs);
      if (recordsHeld > 0) return;
      clearInterval(sweep);
      sweep = undefined;
    }, SWEEP_MS);
  }

  return {
    publish(record, receiver, index) {
      const bytes = Buffer.byteLength(record.value) + RECORD_OVERHEAD_BYTES;
      if (isClosing) return receiver.refused(index, new KithError("shutting-down"));
      if (recordsHeld >= recordsMax || bytesHeld + bytes > bytesMax) {
        return receiver.refused(index, new KithError("overloaded"));
      }
      recordsHeld += 1;
      bytesHeld += bytes;
      waiting.push({ record, bytes, since: nowMs(), receiver, index, isSettled: false });
      keepSweeping();
      start();
      onCompany?.();
    },

    rejectWaiting: () => rejectSince(Number.POSITIVE_INFINITY),

    abandon() {
      rejectSince(Number.POSITIVE_INFINITY);
      for (const one of underWay) refuse(one, new KithError("log-unavailable"));
    },

    close() {
      isClosing = true;
      if (!isRunning) closing.resolve();
      return closing.promise;
    },
  };
}
