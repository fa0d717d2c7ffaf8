/**
 * What of a batch may change the graph: one observation of each (email, phone), without the no-ops.
 *
 * It takes no lock and needs no transaction: what changes nothing now changes nothing ever after. So it can look at a
 * batch while the one before it is being written.
 */
import type { Observation } from "@kith/contracts";
import type { Database } from "@kith/database";
import { foldObservations } from "./fold-observations.ts";
import { findNoOps } from "./sql/find-no-ops.ts";

export async function findResidual<O extends Observation>(db: Database, observations: readonly O[]): Promise<O[]> {
  if (observations.length === 0) return [];
  const folded = foldObservations(observations);
  return withoutNoOps(folded, await findNoOps(db, folded));
}

/** `answer` is the one row of find-no-ops.ts. */
export function withoutNoOps<O>(folded: readonly O[], [answer]: readonly { flags: string }[]): O[] {
  const { flags } = answer!;
  if (flags.length !== folded.length) throw new RangeError("the answer is not of these observations");
  return folded.filter((_, index) => flags[index] === "0");
}
