/** Remembers that letters were published again, and where the record lies. */
import { defineStatement, numberArray, textArray, uuidArray } from "@kith/database";
import type { Place } from "../place.ts";

export type Redriven = Place & { /** `<partition>:<offset>` */ readonly to: string };

export const markRedriven = defineStatement<readonly Redriven[], never>(
  "mark-redriven",
  `update dead_letter d set redrives = d.redrives + 1, redriven_at = now(), redriven_to = q.redriven_to
   from unnest($1::uuid[], $2::int[], $3::bigint[], $4::text[]) as q(topic_id, partition, "offset", redriven_to)
   where d.topic_id = q.topic_id and d.partition = q.partition and d."offset" = q."offset"`,
  (letters) => [
    uuidArray(letters.map((letter) => letter.topicId)),
    numberArray(letters.map((letter) => letter.partition)),
    numberArray(letters.map((letter) => letter.offset)),
    textArray(letters.map((letter) => letter.to)),
  ],
);
