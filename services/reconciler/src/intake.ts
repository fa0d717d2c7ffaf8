/**
 * What has been read and not yet settled, in the order of each partition's log. Bounded by records and by bytes: when
 * it is full the consumer waits, and with it the fetching. The writer takes whatever is there as one batch.
 */
import type { DecodedRecord } from "./pipeline.ts";
import type { Batch } from "./reconcile/reconcile-batch.ts";

/** A decoded chunk of one partition; `to` is the offset after it. `isAwaited` if somebody waits for one of its records. */
export type DecodedChunk = {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly records: readonly DecodedRecord[];
  readonly isAwaited: boolean;
};

export type IntakeLimits = { readonly batchEventsMax: number; readonly batchBytesMax: number };

/** A batch, with the records it was made of so that it can be split. */
export type TakenBatch = Batch & { readonly chunks: readonly DecodedChunk[] };

export type Intake = {
  /** Adds a chunk; resolves when there is room for more. One that does not follow the last of its partition is left out. */
  add(chunk: DecodedChunk): Promise<void>;
  /** Resolves with the next batch as soon as anything is waiting; undefined once closed. */
  take(): Promise<TakenBatch | undefined>;
  /** A whole batch, if as much is waiting already. */
  takeFull(): TakenBatch | undefined;
  /** Calls once, as soon as a whole batch is waiting; one listener at a time, undefined to take it back. */
  whenFull(listener: (() => void) | undefined): void;
  /** In the place of `whenFull`: calls as soon as a whole batch is waiting, or `least` with one that somebody waits for. */
  whenDue(listener: (() => void) | undefined, least?: number): void;
  /** Forgets everything: the partitions were assigned anew and are read again from `positions`, where the database says. */
  reset(positions: ReadonlyMap<number, number>): void;
  close(): void;
};

// One batch waits here beside the one that is being written and the one that is being looked at.
const BATCHES_WAITING = 1;

export function createIntake(limits: IntakeLimits): Intake {
  let waiting: DecodedChunk[] = [];
  let tails = new Map<number, number>();
  let records = 0;
  let bytes = 0;
  let closed = false;
  let wakeTaker: (() => void) | undefined;
  let wakeAdders: (() => void)[] = [];
  let listener: { readonly isMet: () => boolean; readonly tell: () => void } | undefined;

  const isFull = () =>
    records >= limits.batchEventsMax * BATCHES_WAITING || bytes >= limits.batchBytesMax * BATCHES_WAITING;

  const holdsBatch = () => records >= limits.batchEventsMax || bytes >= limits.batchBytesMax;

  function takeWaiting(): TakenBatch {
    const { taken, left } = split(waiting, limits);
    waiting = left;
    for (const chunk of taken) count(chunk, -1);
    wake();
    return toBatch(taken);
  }

  function wake(): void {
    wakeTaker?.();
    tellListener();
    if (isFull() && !closed) return;
    const woken = wakeAdders;
    wakeAdders = [];
    for (const resolve of woken) resolve();
  }

  function tellListener(): void {
    if (listener === undefined || !listener.isMet()) return;
    const { tell } = listener;
    listener = undefined;
    tell();
  }

  function listen(isMet: () => boolean, tell: (() => void) | undefined): void {
    listener = tell === undefined ? undefined : { isMet, tell };
    tellListener();
  }

  function count(chunk: DecodedChunk, sign: 1 | -1): void {
    records += sign * chunk.records.length;
    for (const record of chunk.records) bytes += sign * record.bytes;
  }

  return {
    async add(chunk) {
      // A chunk that was under way when the partitions were assigned anew is read again by whoever has them now.
      if (tails.get(chunk.partition) !== chunk.from) return;
      tails.set(chunk.partition, chunk.to);
      waiting.push(chunk);
      count(chunk, 1);
      wake();
      if (isFull() && !closed) await new Promise<void>((resolve) => wakeAdders.push(resolve));
    },

    async take() {
      while (waiting.length === 0) {
        if (closed) return undefined;
        await new Promise<void>((resolve) => {
          wakeTaker = resolve;
        });
        wakeTaker = undefined;
      }
      return takeWaiting();
    },

    takeFull: () => (holdsBatch() ? takeWaiting() : undefined),

    whenFull: (tell) => listen(holdsBatch, tell),
    whenDue: (tell, least = 1) =>
      listen(() => holdsBatch() || (records >= least && waiting.some((chunk) => chunk.isAwaited)), tell),

    reset(positions) {
      tails = new Map(positions);
      waiting = [];
      records = 0;
      bytes = 0;
      wake();
    },

    close() {
      closed = true;
      // What waits here lies in the log as well, from where the next start goes on.
      waiting = [];
      wake();
    },
  };
}

/** Takes chunks from the front up to the limits, cutting the last one; at least one record, however large. */
function split(
  waiting: readonly DecodedChunk[],
  limits: IntakeLimits,
): { taken: DecodedChunk[]; left: DecodedChunk[] } {
  const taken: DecodedChunk[] = [];
  let events = 0;
  let bytes = 0;
  for (const [index, chunk] of waiting.entries()) {
    let fits = 0;
    while (fits < chunk.records.length) {
      const weight = chunk.records[fits]!.bytes;
      if (events > 0 && (events >= limits.batchEventsMax || bytes + weight > limits.batchBytesMax)) break;
      events += 1;
      bytes += weight;
      fits += 1;
    }
    if (fits === chunk.records.length) {
      taken.push(chunk);
      continue;
    }
    const [head, tail] = cut(chunk, fits);
    if (head !== undefined) taken.push(head);
    return { taken, left: [tail, ...waiting.slice(index + 1)] };
  }
  return { taken, left: [] };
}

/** Cuts a chunk before its record number `at`. */
export function cut(chunk: DecodedChunk, at: number): [DecodedChunk | undefined, DecodedChunk] {
  if (at === 0) return [undefined, chunk];
  const border = chunk.records[at]!.offset;
  return [
    { ...chunk, to: border, records: chunk.records.slice(0, at) },
    { ...chunk, from: border, records: chunk.records.slice(at) },
  ];
}

/** One range per partition: its chunks are in order and without gaps between them. */
export function toBatch(chunks: readonly DecodedChunk[]): TakenBatch {
  const ranges = new Map<number, { partition: number; from: number; to: number }>();
  const observations = [];
  const deadLetters = [];
  for (const chunk of chunks) {
    const range = ranges.get(chunk.partition);
    if (range === undefined)
      ranges.set(chunk.partition, { partition: chunk.partition, from: chunk.from, to: chunk.to });
    else range.to = chunk.to;
    for (const record of chunk.records) {
      if (record.kind === "observation") observations.push(record.observation);
      else deadLetters.push(record.deadLetter);
    }
  }
  return { chunks, ranges: [...ranges.values()], observations, deadLetters };
}
