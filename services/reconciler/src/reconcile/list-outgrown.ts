/** Which identities a batch makes large. That is lawful, but seldom one person: a placeholder links all who give it. */
import type { GraphState } from "./graph.ts";
import type { Changes } from "./plan.ts";

/** An identity that has come to a thousand identifiers, to ten thousand, and so on; `size` is what it has now. */
export type Outgrown = { readonly identityId: number; readonly size: number };

const LARGE = 1_000;

/** `state` is what the changes were planned on. */
export function listOutgrown(
  { created, survivors }: Pick<Changes, "created" | "survivors">,
  state: GraphState,
): Outgrown[] {
  return [...created, ...survivors]
    .filter(({ id, size }) => size >= LARGE && passesPower(state.identities.get(id)?.size ?? 0, size))
    .map(({ id, size }) => ({ identityId: id, size }));
}

function passesPower(before: number, after: number): boolean {
  let power = LARGE;
  while (power <= before) power *= 10;
  return power <= after;
}
