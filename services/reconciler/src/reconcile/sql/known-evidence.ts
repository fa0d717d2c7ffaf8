/**
 * Whether an observation changes nothing: its link (or, with a single identifier, that identifier) is known and not
 * younger. Known, in one identity, and not older are monotone, so a plain read may decide it, without locks.
 */
import type { Observation } from "@kith/contracts";
import { numberArray, textArray, uuidArray } from "@kith/database";

/** Observations as `q`, each beside its link as `known_link`, or with a single identifier that one as `known_one`. */
export const OBSERVATIONS_AND_KNOWN = `unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[])
     with ordinality as q(email, phone, seen_at, obs_id, position)
   left join link known_link on known_link.email = q.email and known_link.phone = q.phone
   left join identifier known_one
     on known_one.kind = case when q.phone is null then 1::smallint when q.email is null then 2::smallint end
     and known_one.value = coalesce(q.email, q.phone)`;

/** For {@link OBSERVATIONS_AND_KNOWN}: true if the observation changes nothing, else false. */
export const CHANGES_NOTHING = `coalesce(
     (coalesce(known_link.first_at, known_one.first_at), coalesce(known_link.first_obs, known_one.first_obs))
       <= (q.seen_at, q.obs_id), false)`;

/** The parameters of {@link OBSERVATIONS_AND_KNOWN}. */
export function observationParameters(observations: readonly Observation[]): string[] {
  return [
    textArray(observations.map((o) => o.email)),
    textArray(observations.map((o) => o.phone)),
    numberArray(observations.map((o) => o.seenAt)),
    uuidArray(observations.map((o) => o.obsId)),
  ];
}
