/** Dead letters in the order of the log, without anything that a record said. */
import { defineStatement } from "@kith/database";
import type { Place } from "../place.ts";

export type DeadLetterSummary = {
  topic_id: string;
  partition: number;
  offset: number;
  code: string;
  reason: string;
  at: Date;
  published_at: Date | null;
  bytes: number | null;
  is_cut: boolean;
  redriven_from: string | null;
  redrives: number;
  redriven_at: Date | null;
  redriven_to: string | null;
};

/** What a list says of a letter; `d` is the table. */
export const SUMMARY = `d.topic_id, d.partition, d."offset", d.code, d.reason, d.at, d.published_at,
  coalesce(d.raw_bytes, octet_length(d.raw)) as bytes,
  d.raw_bytes is not null or d.key_bytes is not null or d.headers_bytes is not null as is_cut,
  d.redriven_from, d.redrives, d.redriven_at, d.redriven_to`;

export type DeadLetterPage = {
  readonly code: string | undefined;
  readonly after: Place | undefined;
  readonly limit: number;
};

export const listDeadLetters = defineStatement<DeadLetterPage, DeadLetterSummary>(
  "list-dead-letters",
  `select ${SUMMARY} from dead_letter d
   where ($1::text is null or d.code = $1)
     and ($2::uuid is null or (d.topic_id, d.partition, d."offset") > ($2::uuid, $3::int, $4::bigint))
   order by d.topic_id, d.partition, d."offset" limit $5`,
  ({ code, after, limit }) => [
    code ?? null,
    after?.topicId ?? null,
    after?.partition ?? null,
    after?.offset ?? null,
    limit,
  ],
);
