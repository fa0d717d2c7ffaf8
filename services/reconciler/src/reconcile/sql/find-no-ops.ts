/** R0a, no locks. Which observations change nothing. */
import type { Observation } from "@kith/contracts";
import { defineStatement } from "@kith/database";
import { CHANGES_NOTHING, OBSERVATIONS_AND_KNOWN, observationParameters } from "./known-evidence.ts";

/** One row: for each observation, in order, `1` if it changes nothing and `0` otherwise. A row for each would cost more. */
export const findNoOps = defineStatement<readonly Observation[], { flags: string }>(
  "find-no-ops",
  `select coalesce(string_agg(case when ${CHANGES_NOTHING} then '1' else '0' end, '' order by q.position), '') as flags
   from ${OBSERVATIONS_AND_KNOWN}`,
  observationParameters,
);
