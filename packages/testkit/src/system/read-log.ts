/** The log as ground truth: every record of a topic, and the observations that records of `order.identity` make. */
import { type Observation, observationId } from "@kith/contracts";
import { followTopic, type IncomingRecord, type KafkaClient, readLogBounds } from "@kith/kafka";
import { until } from "./until.ts";

/** A record with its partition. */
export type PlacedRecord = IncomingRecord & { readonly partition: number };

/** Every record that a topic holds now, by partition and offset. */
export async function readTopic(client: KafkaClient, topic: string): Promise<PlacedRecord[]> {
  const bounds = await readLogBounds(client, topic);
  const missing = new Map([...bounds].filter(([, { start, end }]) => end > start).map(([p, { end }]) => [p, end]));
  if (missing.size === 0) return [];
  const records: PlacedRecord[] = [];
  const follower = await followTopic(client, {
    topic,
    fromBeginning: true,
    onRecord(record) {
      const end = bounds.get(record.partition)?.end ?? 0;
      if (record.offset < end) records.push(record);
      if (record.offset >= end - 1) missing.delete(record.partition);
    },
  });
  try {
    await until("the whole topic is read", () => missing.size === 0, { limitMs: 120_000 });
  } finally {
    await follower.stop();
  }
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** The observation that a record of `order.identity` makes. Only for records that are known to be good. */
export function toObservation(record: PlacedRecord): Observation {
  const { eventId, orderId, email, phone, seenAt } = JSON.parse(String(record.value)) as Partial<
    Record<"eventId" | "orderId" | "email" | "phone", string>
  > & { seenAt: number };
  if (eventId === undefined) throw new TypeError("the record is not an observation");
  return {
    obsId: observationId(eventId, email, phone),
    eventId,
    orderId: orderId ?? null,
    email: email ?? null,
    phone: phone ?? null,
    seenAt,
  };
}
