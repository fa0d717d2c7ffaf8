/** The rebuilt graph against the live one: by their digests, and where they differ, by the first identity that does. */
import { type Database, quoteIdentifier } from "@kith/database";
import { digestGraph } from "../verify/digest-graph.ts";
import { rowsOf } from "../verify/rows-of.ts";
import { tableOf } from "./schemas.ts";

export type Comparison = {
  readonly liveDigest: string;
  readonly freshDigest: string;
  /** Undefined where the graphs are equal. Ids and counts only. */
  readonly difference: string | undefined;
};

export type CompareInput = { readonly live: string; readonly fresh: string };

/** `session` must be in a transaction that sees both as they are at one moment. */
export async function compareSchemas(session: Database, { live, fresh }: CompareInput): Promise<Comparison> {
  const digestOf = async (schema: string) => {
    await rowsOf(session, `set local search_path to ${quoteIdentifier(schema)}`);
    return await digestGraph(session);
  };
  const liveDigest = await digestOf(live);
  const freshDigest = await digestOf(fresh);
  const [first] = await rowsOf<DifferenceRow>(session, firstDifference(live, fresh));
  return { liveDigest, freshDigest, difference: first === undefined ? undefined : describe(first, live, fresh) };
}

type DifferenceRow = { id: number; identities: number; in_live: number; in_fresh: number; aged: number };

/**
 * An identifier differs if it is on one side only, in another identity, or of another age. Ids were kept where possible,
 * so equal graphs have equal ids.
 */
function firstDifference(live: string, fresh: string): string {
  return `with differing as (
      select l.identity_id as live_id, f.identity_id as fresh_id
      from ${tableOf(live, "identifier")} l full join ${tableOf(fresh, "identifier")} f
        on f.kind = l.kind and f.value = l.value
      where l.identity_id is distinct from f.identity_id
        or (l.first_at, l.first_obs) is distinct from (f.first_at, f.first_obs)
    ), touched as (
      select live_id as id from differing where live_id is not null union select fresh_id from differing where fresh_id is not null
    ), first as (select min(id) as id, count(*) as identities from touched)
    select id, identities,
      (select count(*) from ${tableOf(live, "identifier")} where identity_id = id) as in_live,
      (select count(*) from ${tableOf(fresh, "identifier")} where identity_id = id) as in_fresh,
      (select count(*) from differing where live_id = id and fresh_id = id) as aged
    from first where id is not null`;
}

function describe({ id, identities, in_live, in_fresh, aged }: DifferenceRow, live: string, fresh: string): string {
  const age = aged === 0 ? "" : `, ${aged} of another age`;
  const more = identities === 1 ? "" : ` (${identities} identities differ)`;
  return `identity ${id}: ${in_live} identifiers in ${live}, ${in_fresh} in ${fresh}${age}${more}`;
}
