/** Row → what is shown of a dead letter by default. No personal data: reasons name fields and rules. */
import { formatPlace } from "./place.ts";
import type { DeadLetterSummary } from "./sql/list-dead-letters.ts";

export function summarize(letter: DeadLetterSummary, topicId: string) {
  return {
    place: formatPlace({ topicId: letter.topic_id, partition: letter.partition, offset: letter.offset }, topicId),
    code: letter.code,
    reason: letter.reason,
    at: letter.at.toISOString(),
    publishedAt: letter.published_at?.toISOString() ?? null,
    /** Of the whole value, also where it was cut. */
    bytes: letter.bytes,
    isCut: letter.is_cut,
    redriven:
      letter.redriven_at === null
        ? null
        : { times: letter.redrives, at: letter.redriven_at.toISOString(), to: letter.redriven_to },
    redrivenFrom: letter.redriven_from,
  };
}
