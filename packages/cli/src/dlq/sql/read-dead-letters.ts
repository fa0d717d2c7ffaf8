/** Whole dead letters: to be shown, or to be published again. */
import { defineStatement, numberArray, uuidArray } from "@kith/database";
import type { Place } from "../place.ts";
import { type DeadLetterSummary, SUMMARY } from "./list-dead-letters.ts";

export type DeadLetter = DeadLetterSummary & {
  key: Buffer | null;
  raw: Buffer | null;
  headers: [name: string, value: string, encoding?: "base64"][];
  key_bytes: number | null;
  raw_bytes: number | null;
  raw_sha256: string | null;
  headers_bytes: number | null;
};

const WHOLE = `${SUMMARY}, d.key, d.raw, d.headers, d.key_bytes, d.raw_bytes, encode(d.raw_sha256, 'hex') as raw_sha256,
  d.headers_bytes`;

/** Those of the places that there are. */
export const readDeadLetters = defineStatement<readonly Place[], DeadLetter>(
  "read-dead-letters",
  `select ${WHOLE} from dead_letter d
   join unnest($1::uuid[], $2::int[], $3::bigint[]) as q(topic_id, partition, "offset")
     on d.topic_id = q.topic_id and d.partition = q.partition and d."offset" = q."offset"
   order by d.topic_id, d.partition, d."offset"`,
  (places) => [
    uuidArray(places.map((place) => place.topicId)),
    numberArray(places.map((place) => place.partition)),
    numberArray(places.map((place) => place.offset)),
  ],
);

export type OpenPage = {
  readonly code: string | undefined;
  /** Also those that came from a redrive themselves. */
  readonly isReturnedToo: boolean;
  /** Letters that came later are left out: a record that fails again must not be met again. */
  readonly until: string;
  readonly after: Place | undefined;
};

/** The database's time, to the microsecond. */
export const readNow = defineStatement<null, { now: string }>("read-now", "select now()::text as now", () => []);

/** Large letters are read a few at a time. */
const PAGE_ROWS_MAX = 100;
const PAGE_BYTES_MAX = 8 * 1024 * 1024;

/** The next letters that were not redriven yet; none: there are no more. */
export const readOpenDeadLetters = defineStatement<OpenPage, DeadLetter>(
  "read-open-dead-letters",
  `select ${WHOLE} from (
     select *, sum(coalesce(octet_length(raw), 0)) over (order by topic_id, partition, "offset") as page_bytes,
       row_number() over (order by topic_id, partition, "offset") as position
     from (
       select * from dead_letter
       where redrives = 0 and ($1::text is null or code = $1) and ($2::boolean or redriven_from is null) and at <= $3::timestamptz
         and ($4::uuid is null or (topic_id, partition, "offset") > ($4::uuid, $5::int, $6::bigint))
       order by topic_id, partition, "offset" limit ${PAGE_ROWS_MAX}
     ) open
   ) d
   where page_bytes <= ${PAGE_BYTES_MAX} or position = 1
   order by d.topic_id, d.partition, d."offset"`,
  ({ code, isReturnedToo, until, after }) => [
    code ?? null,
    isReturnedToo,
    until,
    after?.topicId ?? null,
    after?.partition ?? null,
    after?.offset ?? null,
  ],
);
