/**
 * R0a, no locks. Which observations change nothing: their link (or, with a single identifier, that identifier) is known
 * and not younger. Known, in one identity, and not older are monotone, so a plain read may decide it.
 */
import type { Observation } from "@kith/contracts";
import { defineStatement, numberArray, textArray, uuidArray } from "@kith/database";

/** Returns the positions (from 1) of the observations that change nothing. */
export const findNoOps = defineStatement<readonly Observation[], { position: number }>(
  "find-no-ops",
  `select q.position
   from unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[]) with ordinality as q(email, phone, seen_at, obs_id, position)
   cross join lateral (
     select l.first_at, l.first_obs from link l
     where q.email is not null and q.phone is not null and l.email = q.email and l.phone = q.phone
     union all
     select i.first_at, i.first_obs from identifier i
     where q.phone is null and i.kind = 1 and i.value = q.email
     union all
     select i.first_at, i.first_obs from identifier i
     where q.email is null and i.kind = 2 and i.value = q.phone
   ) known
   where (known.first_at, known.first_obs) <= (q.seen_at, q.obs_id)`,
  (observations) => [
    textArray(observations.map((o) => o.email)),
    textArray(observations.map((o) => o.phone)),
    numberArray(observations.map((o) => o.seenAt)),
    uuidArray(observations.map((o) => o.obsId)),
  ],
);
