/** Reads `order.identity` from its first record, past every proxy, and keeps all that the log says: the ground truth. */
import { hash } from "node:crypto";
import { followTopic, type IncomingRecord, type KafkaClient } from "@kith/kafka";
import { EXPECT_HEADER } from "../load/poison-records.ts";
import type { GrowingOracle, Seen } from "./growing-oracle.ts";

/** A dead letter that must come to be. */
export type ExpectedLetter = { readonly code: string; readonly valueDigest: string };

export type InputFollower = {
  /** The offset after the last record read, by partition. */
  positions(): ReadonlyMap<number, number>;
  records(): number;
  /** By `partition:offset`. */
  letters(): ReadonlyMap<string, ExpectedLetter>;
  faults(): string[];
  stop(): Promise<void>;
};

export type InputFollowerOptions = {
  readonly kafka: KafkaClient;
  readonly topic: string;
  readonly oracle: GrowingOracle;
  /** Told of each event that is in the log. */
  readonly onEvent: (series: string, n: number) => void;
};

const FAULTS_MAX = 20;

export async function followInput(options: InputFollowerOptions): Promise<InputFollower> {
  const { kafka, topic, oracle, onEvent } = options;
  const positions = new Map<number, number>();
  const letters = new Map<string, ExpectedLetter>();
  const faults: string[] = [];
  let records = 0;

  function take(record: IncomingRecord & { readonly partition: number }): void {
    const { partition, offset, headers, value } = record;
    const expected = positions.get(partition) ?? 0;
    if (offset < expected) return;
    if (offset > expected && faults.length < FAULTS_MAX)
      faults.push(`a gap in the log: ${partition}:${expected}–${offset}`);
    positions.set(partition, offset + 1);
    records += 1;
    const code = headers[EXPECT_HEADER];
    if (code !== undefined) {
      letters.set(`${partition}:${offset}`, { code: String(code), valueDigest: digestOf(value) });
      return;
    }
    const { eventId, email, phone, seenAt } = JSON.parse(String(value)) as Seen;
    oracle.add({ eventId, email, phone, seenAt });
    onEvent(eventId.slice(0, 2), Number.parseInt(eventId.slice(2), 10));
  }

  const follower = await followTopic(kafka, {
    topic,
    fromBeginning: true,
    groupId: "kith-faults-input",
    onRecord: take,
  });
  return {
    positions: () => positions,
    records: () => records,
    letters: () => letters,
    faults: () => faults,
    stop: () => follower.stop(),
  };
}

/** As `md5(raw)` computes it. */
function digestOf(value: Buffer | null): string {
  return value === null ? "null" : hash("md5", value);
}
