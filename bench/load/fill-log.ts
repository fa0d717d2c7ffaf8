/** Writes a backlog to `order.identity`: records in canonical form, with the headers and sizes the ingress gives them. */
import { cloudEventHeaders, ORDER_IDENTITY_VERSION, TOPIC_PARTITIONS, topicNames } from "@kith/contracts";
import { NORM_VERSION } from "@kith/identifiers";
import { createPublisher, type OutgoingRecord, partitionOf } from "@kith/kafka";
import type { Deployment } from "../measure/deployment.ts";
import { emailText, phoneText } from "./identifier-texts.ts";
import type { Pair } from "./people.ts";

export type Backlog = {
  readonly deployment: Deployment;
  readonly count: number;
  readonly next: () => Pair;
  /** Tells the event ids of one backlog from those of another in the same topic. */
  readonly name: string;
};

const RECORDS_AT_A_TIME = 2_000;
const DEADLINE_MS = 30_000;
/** Ages of a backlog lie in the past: the reconciler refuses those of the future. */
const AGE_BEFORE_US = 3_600_000_000;
const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

/** Resolves when all records are acknowledged; answers how many a second were written. */
export async function fillLog({ deployment, count, next, name }: Backlog): Promise<number> {
  const topic = topicNames(deployment.topicPrefix).orderIdentity;
  const publisher = createPublisher(deployment.kafka, { deadlineMs: DEADLINE_MS });
  await publisher.connect();
  try {
    const firstSeenAt = Date.now() * 1_000 - AGE_BEFORE_US;
    const startedAtMs = performance.now();
    let inFlight: Promise<unknown> = Promise.resolve();
    for (let from = 0; from < count; from += RECORDS_AT_A_TIME) {
      const records: OutgoingRecord[] = [];
      for (let i = from; i < Math.min(from + RECORDS_AT_A_TIME, count); i++) {
        records.push(orderRecord(next(), `${name}-${String(i).padStart(27, "0")}`, firstSeenAt + i));
      }
      // The next records are made while the last ones are on their way.
      await inFlight;
      inFlight = publisher.publish(topic, records);
    }
    await inFlight;
    return count / ((performance.now() - startedAtMs) / 1_000);
  } finally {
    await publisher.close();
  }
}

function orderRecord({ emailId, phoneId }: Pair, eventId: string, seenAt: number): OutgoingRecord {
  const email = emailId < 0 ? undefined : emailText(emailId);
  const phone = phoneId < 0 ? undefined : phoneText(phoneId);
  const key = (email ?? phone)!;
  let value = `{"v":${ORDER_IDENTITY_VERSION},"eventId":"${eventId}"`;
  if (email !== undefined) value += `,"email":"${email}"`;
  if (phone !== undefined) value += `,"phone":"${phone}"`;
  value += `,"seenAt":${seenAt},"normVersion":${NORM_VERSION}}`;
  const time = new Date(seenAt / 1_000).toISOString();
  const headers = cloudEventHeaders({ id: eventId, type: "order.identity.v1", source: "urn:kith:bench", time });
  headers.traceparent = TRACEPARENT;
  return { key, value, headers, partition: partitionOf(key, TOPIC_PARTITIONS) };
}
