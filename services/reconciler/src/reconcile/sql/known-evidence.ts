/**
 * Whether an observation changes nothing: its link (or, with a single identifier, that identifier) is known and not
 * younger. Known, in one identity, and not older are monotone, so a plain read may decide it, without locks.
 */
import type { Observation } from "@kith/contracts";
import { numberArray, textArray, uuidArray } from "@kith/database";

/** Observations as `q`, each beside what makes it a no-op as `known`; `known.first_at` is null if it may change something. */
export const OBSERVATIONS_AND_KNOWN = `unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[])
     with ordinality as q(email, phone, seen_at, obs_id, position)
   left join lateral (
     select l.first_at, l.first_obs from link l
     where q.email is not null and q.phone is not null and l.email = q.email and l.phone = q.phone
     union all
     select i.first_at, i.first_obs from identifier i
     where q.phone is null and i.kind = 1 and i.value = q.email
     union all
     select i.first_at, i.first_obs from identifier i
     where q.email is null and i.kind = 2 and i.value = q.phone
   ) known on (known.first_at, known.first_obs) <= (q.seen_at, q.obs_id)`;

/** The parameters of {@link OBSERVATIONS_AND_KNOWN}. */
export function observationParameters(observations: readonly Observation[]): string[] {
  return [
    textArray(observations.map((o) => o.email)),
    textArray(observations.map((o) => o.phone)),
    numberArray(observations.map((o) => o.seenAt)),
    uuidArray(observations.map((o) => o.obsId)),
  ];
}
