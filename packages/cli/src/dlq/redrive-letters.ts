/**
 * Publishes dead letters again and remembers it. The mark comes after the acknowledgement: a crash in between lets the
 * next run publish a record twice, and the second one is a no-op, because it is the same observation.
 */
import type { Database } from "@kith/database";
import { type LogPlace, type OutgoingRecord, PublishError, type Publisher } from "@kith/kafka";
import { formatPlace, type Place } from "./place.ts";
import { type RedrivePlan, redrivenRecord } from "./redriven-record.ts";
import { markRedriven, type Redriven } from "./sql/mark-redriven.ts";
import type { DeadLetter } from "./sql/read-dead-letters.ts";

export type RedriveDependencies = RedrivePlan & {
  readonly db: Database;
  readonly publisher: Publisher;
  readonly topic: string;
};

export type RedriveOutcome = { readonly place: string } & (
  | { readonly kind: "redriven"; readonly to: string }
  | { readonly kind: "refused"; readonly why: string }
);

const TOO_LARGE = "it is too large for the topic: give a smaller record with --repair";

/** In the order given. Rejects where the log does not answer: then none of these letters is marked. */
export async function redriveLetters(
  letters: readonly DeadLetter[],
  dependencies: RedriveDependencies,
): Promise<RedriveOutcome[]> {
  const { db, topicId } = dependencies;
  const outcomes: RedriveOutcome[] = [];
  const marks: Redriven[] = [];
  const records = letters.map((letter) => redrivenRecord(letter, dependencies));
  const results = await Promise.all(
    records.map((record) => (typeof record === "string" ? record : send(record, dependencies))),
  );
  // They share requests, and one that is too large has its neighbours refused with it. So now each of them goes alone.
  for (const [index, record] of records.entries()) {
    if (results[index] === TOO_LARGE && typeof record !== "string") results[index] = await send(record, dependencies);
  }
  for (const [index, letter] of letters.entries()) {
    const at: Place = { topicId: letter.topic_id, partition: letter.partition, offset: letter.offset };
    const place = formatPlace(at, topicId);
    const result = results[index]!;
    if (typeof result === "string") outcomes.push({ place, kind: "refused", why: result });
    else {
      const to = `${result.partition}:${result.offset}`;
      marks.push({ ...at, to });
      outcomes.push({ place, kind: "redriven", to });
    }
  }
  if (marks.length > 0) await markRedriven(db, marks);
  return outcomes;
}

/** A text says why the topic does not take the record, or the request it was in. */
async function send(record: OutgoingRecord, { publisher, topic }: RedriveDependencies): Promise<LogPlace | string> {
  try {
    const [place] = await publisher.publish(topic, [record]);
    return place!;
  } catch (error) {
    if (!(error instanceof PublishError) || !error.tooLarge) throw error;
    return TOO_LARGE;
  }
}
