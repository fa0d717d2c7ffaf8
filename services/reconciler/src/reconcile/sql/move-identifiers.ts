/** W. Moves all identifiers of absorbed identities to their survivors. Safe only under the locks of both. */
import { defineWrite, numberArray } from "@kith/database";

/** Answers how many rows moved: the caller asserts that it is the sum of the sizes. */
export const moveIdentifiers = defineWrite<readonly { from: number; to: number }[]>(
  "move-identifiers",
  `update identifier i set identity_id = q.survivor
   from unnest($1::bigint[], $2::bigint[]) as q(absorbed, survivor)
   where i.identity_id = q.absorbed`,
  (moves) => [numberArray(moves.map((move) => move.from)), numberArray(moves.map((move) => move.to))],
);
