/** W. An observation older than what was known introduces these identifiers now. Safe only under their identity's lock. */
import { defineWrite, numberArray, textArray, uuidArray } from "@kith/database";
import { type Age, type IdentifierKey, kindOf, textOf } from "../graph.ts";

/** Answers how many were lowered: the caller asserts that it is all of them. */
export const lowerFirsts = defineWrite<readonly (Age & { key: IdentifierKey })[]>(
  "lower-firsts",
  `update identifier i set first_at = q.first_at, first_obs = q.first_obs,
     contact_id = (select c.id from contact c where c.obs_id = q.first_obs)
   from unnest($1::smallint[], $2::text[], $3::bigint[], $4::uuid[]) as q(kind, value, first_at, first_obs)
   where i.kind = q.kind and i.value = q.value and (q.first_at, q.first_obs) < (i.first_at, i.first_obs)`,
  (rows) => [
    numberArray(rows.map((row) => kindOf(row.key))),
    textArray(rows.map((row) => textOf(row.key))),
    numberArray(rows.map((row) => row.firstAt)),
    uuidArray(rows.map((row) => row.firstObs)),
  ],
);
