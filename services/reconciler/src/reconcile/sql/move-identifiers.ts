/** W. Moves all identifiers of absorbed identities to their survivors. Safe only under the locks of both. */
import { defineStatement, numberArray } from "@kith/database";

/** Returns how many rows moved: the caller asserts that it is the sum of the sizes. */
export const moveIdentifiers = defineStatement<readonly { from: number; to: number }[], { moved: number }>(
  "move-identifiers",
  `with moved as (
     update identifier i set identity_id = q.survivor
     from unnest($1::bigint[], $2::bigint[]) as q(absorbed, survivor)
     where i.identity_id = q.absorbed
     returning 1
   )
   select count(*) as moved from moved`,
  (moves) => [numberArray(moves.map((move) => move.from)), numberArray(moves.map((move) => move.to))],
);
