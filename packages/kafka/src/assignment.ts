/**
 * The partitions a group member has between two rebalances, and how far each was read. It begins paused: the positions
 * are asked for and compared with the log before anything is fetched. Once retired, nothing it does counts any more.
 */
import type { Batch, EachBatchPayload } from "kafkajs";
import { BatchDamage, endBeforeDamage } from "./batch-damage.ts";
import { type ConsumerFatal, isBug } from "./consumer-fatal.ts";
import { type RecordChunk, toIncomingRecord } from "./incoming-record.ts";
import { describeError, type Log } from "./log-entry.ts";
import type { LogBounds } from "./read-log-bounds.ts";

/** What the caller of a session decides. */
export type ReadingOptions = {
  /** Where each of these partitions goes on, or the reason to stop; without an entry it starts where its log starts. */
  startOffsets(partitions: readonly number[]): Promise<ReadonlyMap<number, number> | ConsumerFatal>;
  /** Looks at the log; the reason to stop if it is another one. */
  inspectLog(): Promise<ReadonlyMap<number, LogBounds> | ConsumerFatal>;
  /** The partitions are about to be read from their positions. */
  onPositioned(): void;
  onChunk(chunk: RecordChunk): Promise<void>;
  /** A position outside of its log: another position to go on from, or the reason to stop. */
  onOutside(partition: number, position: number, bounds: LogBounds): number | ConsumerFatal;
};

export type AssignmentDependencies = {
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly options: ReadingOptions;
  /** Chunks the caller has, also those of assignments before this one. */
  readonly underWay: Set<Promise<void>>;
  readonly log: Log;
  seek(partition: number, offset: number): void;
  pause(partition: number): void;
  resume(partitions: readonly number[]): void;
  /** The assignment has to begin anew, because the caller did not take a chunk. */
  readAgain(): void;
  onFatal(reason: ConsumerFatal): void;
};

export type Assignment = {
  readonly partitions: readonly number[];
  isAsking(): boolean;
  /** The partitions that do not go on, because their next batch can not be read. */
  held(): readonly number[];
  /** Asks for the positions until they are there, and starts the fetching. */
  load(): Promise<void>;
  read(payload: EachBatchPayload): Promise<void>;
  /** KafkaJS went past offsets without records. */
  skip(read: SkippedOffsets): void;
  retire(): void;
};

export type SkippedOffsets = {
  partition: number;
  firstOffset: string | null;
  lastOffset: string;
  highWatermark: string;
};

const HEARTBEAT_CHECK_MS = 1_000;
const HOLD_MS = 2_000;
const RELOAD_PAUSES_MS = [100, 300, 1_000, 3_000];

export function createAssignment(dependencies: AssignmentDependencies): Assignment {
  const { topic, partitions, options, underWay, log, seek, onFatal } = dependencies;
  const positions = new Map<number, number>();
  // Per partition, the chunk without records that is being delivered.
  const skips = new Map<number, Promise<void>>();
  const held = new Set<number>();
  const wakers = new Set<() => void>();
  let isRetired = false;
  let asking = 0;

  async function load(): Promise<void> {
    for (let attempt = 0; !isRetired; attempt += 1) {
      try {
        await position();
        return;
      } catch (error) {
        if (isBug(error)) throw error;
        log("warn", "the positions are not to be had, asking again", { topic, error: describeError(error) });
        await waitFor(undefined, RELOAD_PAUSES_MS[Math.min(attempt, RELOAD_PAUSES_MS.length - 1)]!);
      }
    }
  }

  async function position(): Promise<void> {
    const known = partitions.length === 0 ? new Map<number, number>() : await askCaller();
    const bounds = await inspect();
    if (bounds === undefined) return;
    if ("kind" in known) return onFatal(known);
    for (const partition of partitions) {
      const of = bounds.get(partition);
      if (of === undefined) throw new Error(`the bounds of partition ${partition} are not known yet`);
      const inside = insideOf(of, partition, known.get(partition) ?? of.start);
      if (inside === undefined) return;
      positions.set(partition, inside);
    }
    for (const [partition, offset] of positions) seek(partition, offset);
    if (partitions.length > 0) dependencies.resume(partitions);
    options.onPositioned();
  }

  async function askCaller(): Promise<ReadonlyMap<number, number> | ConsumerFatal> {
    asking += 1;
    try {
      return await options.startOffsets(partitions);
    } finally {
      asking -= 1;
    }
  }

  /** The bounds of the log, unless this is over now. */
  async function inspect(): Promise<ReadonlyMap<number, LogBounds> | undefined> {
    const found = await options.inspectLog();
    if (isRetired) return undefined;
    if (!("kind" in found)) return found;
    onFatal(found);
    return undefined;
  }

  /** The position if the log holds it, or the one to go on from instead; undefined if this is the end. */
  function insideOf(bounds: LogBounds, partition: number, offset: number): number | undefined {
    if (offset >= bounds.start && offset <= bounds.end) return offset;
    const instead = options.onOutside(partition, offset, bounds);
    if (typeof instead === "number") return instead;
    onFatal(instead);
    return undefined;
  }

  async function read({ batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    const { partition } = batch;
    await waitWithHeartbeats(skips.get(partition), heartbeat);
    const from = positions.get(partition);
    if (from === undefined || isRetired) return;
    // Not in KafkaJS's types: where the fetch began. Elsewhere only if KafkaJS reset the offset by itself.
    const { fetchedOffset, rawMessages } = batch as Batch & { fetchedOffset: string; rawMessages: Batch["messages"] };
    if (Number(fetchedOffset) !== from) return await reposition(partition, from);
    const damage = batch.messages.find((message) => message instanceof BatchDamage);
    const to = damage === undefined ? Number(batch.lastOffset()) + 1 : endBeforeDamage(rawMessages, from);
    if (damage === undefined) held.delete(partition);
    if (to > from) {
      const records = batch.messages.filter((message) => message !== damage).map(toIncomingRecord);
      const isTaken = await deliver({ partition, from, to, records, logEnd: Number(batch.highWatermark) }, heartbeat);
      if (!isTaken) return;
      positions.set(partition, to);
      resolveOffset(String(to - 1));
    }
    if (damage !== undefined) hold(partition, damage.error);
  }

  /**
   * The log is damaged, or what lies between is. Nothing is skipped: the batch is read again until it is whole, and the
   * other partitions go on.
   */
  function hold(partition: number, error: Error): void {
    held.add(partition);
    const details = {
      topic,
      partition,
      offset: positions.get(partition),
      error: describeError(error),
      pauseMs: HOLD_MS,
    };
    log("error", "a record batch can not be read: its partition is held, and read again", details);
    dependencies.pause(partition);
    void waitFor(undefined, HOLD_MS).then(() => {
      if (!isRetired) dependencies.resume([partition]);
    });
  }

  /** Hands a chunk to the caller. False if it was not taken, or if it was but no longer counts. */
  async function deliver(chunk: RecordChunk, heartbeat: () => Promise<void>): Promise<boolean> {
    let isTaken = false;
    const work = (async () => options.onChunk(chunk))();
    const settled = work.then(
      () => {
        isTaken = true;
      },
      (error: unknown) => refuse(error),
    );
    underWay.add(settled);
    void settled.then(() => underWay.delete(settled));
    await waitWithHeartbeats(settled, heartbeat);
    return isTaken && !isRetired;
  }

  /** Throws if the group moved on without this member. A lost connection shows after the chunk, which is not repeated. */
  async function waitWithHeartbeats(work: Promise<void> | undefined, heartbeat: () => Promise<void>): Promise<void> {
    if (work === undefined) return;
    let isDone = false;
    const noted = work.then(() => {
      isDone = true;
    });
    for (;;) {
      await waitFor(noted, HEARTBEAT_CHECK_MS);
      if (isDone || isRetired) return;
      try {
        await heartbeat();
      } catch (error) {
        if (error instanceof Error && "type" in error && error.type !== undefined) throw error;
        log("debug", "a heartbeat was lost", { topic, error: describeError(error) });
      }
    }
  }

  /** The caller did not take a chunk: everything assigned is read again from where the caller says. */
  function refuse(error: unknown): void {
    if (isRetired) return;
    if (isBug(error)) {
      onFatal({ kind: "consumer-crashed", error });
      return;
    }
    log("warn", "a chunk was not taken, reading again", { topic, error: describeError(error) });
    void waitFor(undefined, RELOAD_PAUSES_MS[0]!).then(() => {
      if (!isRetired) dependencies.readAgain();
    });
  }

  /** KafkaJS resets the fetch offset when the broker says it is out of range: never follow it silently. */
  async function reposition(partition: number, offset: number): Promise<void> {
    const of = (await inspect())?.get(partition);
    if (of === undefined) return;
    const inside = insideOf(of, partition, offset);
    if (inside === undefined) return;
    positions.set(partition, inside);
    seek(partition, inside);
  }

  function skip(skipped: SkippedOffsets): void {
    const { partition } = skipped;
    const before = skips.get(partition);
    const following = follow(before, skipped).catch((error) => {
      log("warn", "a gap in the log could not be looked at", { topic, error: describeError(error) });
    });
    skips.set(partition, following);
    void following.then(() => {
      if (skips.get(partition) === following) skips.delete(partition);
    });
  }

  /** Transaction marks and compacted records have offsets but no records: the caller's position moves past them. */
  async function follow(before: Promise<void> | undefined, skipped: SkippedOffsets): Promise<void> {
    await before;
    const { partition, firstOffset } = skipped;
    const from = positions.get(partition);
    const to = Number(skipped.lastOffset) + 1;
    if (from === undefined || to <= from || isRetired) return;
    if (firstOffset === null || Number(firstOffset) !== from) {
      // A gap is only a gap if the log still holds the position; otherwise KafkaJS reset the offset.
      const of = (await inspect())?.get(partition);
      if (of === undefined || insideOf(of, partition, from) !== from) return;
    }
    const chunk: RecordChunk = { partition, from, to, records: [], logEnd: Number(skipped.highWatermark) };
    // The group hears of this member from KafkaJS, which does not wait for this.
    if (await deliver(chunk, async () => undefined)) positions.set(partition, to);
  }

  function waitFor(work: Promise<void> | undefined, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        wakers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      wakers.add(wake);
      if (isRetired) wake();
      void work?.then(wake);
    });
  }

  return {
    partitions,
    isAsking: () => asking > 0,
    held: () => [...held],
    load,
    read,
    skip,
    retire() {
      isRetired = true;
      for (const wake of wakers) wake();
    },
  };
}
