/**
 * Observations written straight to the log, for volume: as other producers of the pipeline would, with all that they may
 * do wrong. How they do it can be changed while it runs.
 */
import { setTimeout as delay } from "node:timers/promises";
import { TOPIC_PARTITIONS } from "@kith/contracts";
import { createPublisher, type KafkaClient, type OutgoingRecord, PublishError, partitionOf } from "@kith/kafka";
import { createEventMarks } from "./event-marks.ts";
import type { Pair } from "./people.ts";
import { EXPECT_HEADER, poisonRecord } from "./poison-records.ts";

/** What the producers do at the moment. Shares are of all records. */
export type Habits = {
  readonly poison: number;
  /** Written again, half of them to another partition. */
  readonly repeated: number;
  /** Ages anywhere within so many seconds before now. */
  readonly shuffledSeconds: number;
  /** Records of this partition are kept back. */
  readonly heldPartition: number | undefined;
};

const USUAL_HABITS: Habits = { poison: 0, repeated: 0.01, shuffledSeconds: 0, heldPartition: undefined };

export type DirectLoad = {
  setHabits(change: Partial<Habits>): void;
  setRate(perSecond: number): void;
  pause(): Promise<void>;
  resume(): void;
  /** Publishes records as they are, again until they are acknowledged. */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  /** The checker found the event in the log. */
  inLog(n: number): void;
  counts(): { written: number; acknowledged: number; poison: number; repeated: number };
  faults(): string[];
  stop(): Promise<void>;
};

export type DirectLoadOptions = {
  readonly kafka: KafkaClient;
  readonly topic: string;
  readonly people: { next(): Pair };
  readonly random: () => number;
  readonly perSecond: number;
};

const ACKNOWLEDGED = 1;
const IN_LOG = 2;
const TICK_MS = 50;
const IN_FLIGHT_MAX = 6;
const DEADLINE_MS = 20_000;
const RECENT_MAX = 5_000;
const HELD_MAX = 200_000;
const TRY_AGAIN_MS = 250;

export function startDirectLoad({ kafka, topic, people, random, perSecond }: DirectLoadOptions): DirectLoad {
  const publisher = createPublisher(kafka, { deadlineMs: DEADLINE_MS });
  const marks = createEventMarks();
  const counts = { written: 0, acknowledged: 0, poison: 0, repeated: 0 };
  const recent: OutgoingRecord[] = [];
  const inFlight = new Set<Promise<void>>();
  let held: OutgoingRecord[] = [];
  let habits = USUAL_HABITS;
  let rate = perSecond;
  let next = 0;
  let nextPoison = 0;
  let isPaused = false;
  let isStopped = false;
  let lastSeenAt = 0;

  function observation(): OutgoingRecord {
    const { email, phone } = people.next();
    const nowUs = Date.now() * 1_000;
    lastSeenAt = Math.max(lastSeenAt + 1, nowUs);
    const seenAt =
      habits.shuffledSeconds > 0 ? nowUs - Math.floor(random() * habits.shuffledSeconds * 1_000_000) : lastSeenAt;
    let value = `{"v":1,"eventId":"d-${next}"`;
    next += 1;
    if (email !== null) value += `,"email":"${email}"`;
    if (phone !== null) value += `,"phone":"${phone}"`;
    value += `,"seenAt":${seenAt},"normVersion":1}`;
    const key = email ?? phone!;
    // Correctness does not depend on the key, so not all have the right one.
    const partition = random() < 0.01 ? anyPartition() : partitionOf(key, TOPIC_PARTITIONS);
    const record = { key, value, partition };
    if (recent.length < RECENT_MAX) recent.push(record);
    else recent[Math.floor(random() * RECENT_MAX)] = record;
    return record;
  }

  function anyPartition(): number {
    return Math.floor(random() * TOPIC_PARTITIONS);
  }

  function poison(): OutgoingRecord {
    const { value, code } = poisonRecord(random, nextPoison, Date.now());
    nextPoison += 1;
    counts.poison += 1;
    return { key: null, value, partition: anyPartition(), headers: { [EXPECT_HEADER]: code } };
  }

  function nextRecord(): OutgoingRecord {
    const shape = random();
    if (shape < habits.poison) return poison();
    if (shape < habits.poison + habits.repeated && recent.length > 0) {
      const record = recent[Math.floor(random() * recent.length)]!;
      counts.repeated += 1;
      return random() < 0.5 ? record : { ...record, partition: anyPartition() };
    }
    return observation();
  }

  async function send(records: readonly OutgoingRecord[]): Promise<void> {
    try {
      await publisher.publish(topic, records);
    } catch (error) {
      // Whether they are in the log, the log will tell.
      if (error instanceof PublishError) return;
      throw error;
    }
    counts.acknowledged += records.length;
    for (const { value } of records) {
      const n = numberOf(value);
      if (n !== undefined) marks.mark(n, ACKNOWLEDGED);
    }
  }

  function launch(records: readonly OutgoingRecord[]): void {
    counts.written += records.length;
    const sending = send(records).finally(() => inFlight.delete(sending));
    inFlight.add(sending);
  }

  async function run(): Promise<void> {
    let owed = 0;
    while (!isStopped) {
      await delay(TICK_MS);
      if (isPaused) continue;
      // What could not be written in time is not made up for: an outage is followed by the usual rate.
      owed = Math.min(owed + (rate * TICK_MS) / 1_000, rate);
      if (inFlight.size >= IN_FLIGHT_MAX) continue;
      const records: OutgoingRecord[] = [];
      for (; owed >= 1; owed -= 1) {
        const record = nextRecord();
        if (record.partition === habits.heldPartition && held.length < HELD_MAX) held.push(record);
        else records.push(record);
      }
      if (records.length > 0) launch(records);
    }
  }

  const running = run();

  return {
    setHabits(change) {
      habits = { ...habits, ...change };
      if (habits.heldPartition !== undefined || held.length === 0) return;
      launch(held);
      held = [];
    },
    setRate(next) {
      rate = next;
    },
    async pause() {
      isPaused = true;
      await Promise.all(inFlight);
    },
    resume() {
      isPaused = false;
    },
    async publish(records) {
      counts.written += records.length;
      for (;;) {
        try {
          await publisher.publish(topic, records);
          counts.acknowledged += records.length;
          return;
        } catch (error) {
          if (!(error instanceof PublishError) || error.tooLarge) throw error;
          await delay(TRY_AGAIN_MS);
        }
      }
    },
    inLog: (n) => marks.mark(n, IN_LOG),
    counts: () => counts,
    faults() {
      const { count, first } = marks.find(ACKNOWLEDGED, IN_LOG);
      return count === 0 ? [] : [`${count} records acknowledged and not in the log (d-${first.join(", d-")})`];
    },
    async stop() {
      isStopped = true;
      await running;
      await Promise.all(inFlight);
      await publisher.close();
    },
  };
}

/** `{"v":1,"eventId":"d-17",…`: 17. */
function numberOf(value: string | Buffer | null): number | undefined {
  if (typeof value !== "string" || !value.startsWith('{"v":1,"eventId":"d-')) return undefined;
  return Number.parseInt(value.slice(20, 36), 10);
}
