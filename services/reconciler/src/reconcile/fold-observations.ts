/**
 * Leaves one observation of each (email, phone) in a batch: the oldest. Only least ages count in the graph, so the
 * others change nothing: 5,000 identical orders cost what one costs.
 */
import type { Observation } from "@kith/contracts";
import { isOlderThan } from "./graph.ts";

export function foldObservations<O extends Observation>(observations: readonly O[]): O[] {
  const oldest = new Map<string, O>();
  for (const observation of observations) {
    const key = `${observation.email ?? ""}\0${observation.phone ?? ""}`;
    const held = oldest.get(key);
    if (held === undefined || isOlderThan(observation, held)) oldest.set(key, observation);
  }
  return [...oldest.values()];
}
