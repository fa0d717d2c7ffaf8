/**
 * The rebuilt schema takes the live one's name, and the live one another, in one transaction. Services find tables by
 * the schema's name at each statement, so those that run go on with the rebuilt ones.
 */
import { type Database, quoteIdentifier } from "@kith/database";
import { CliError, EXIT } from "../exit-codes.ts";
import { rowsOf } from "../verify/rows-of.ts";
import { carryOnNumbers } from "./copy-rest.ts";
import { tableOf } from "./schemas.ts";

export type SwitchInput = {
  readonly live: string;
  readonly fresh: string;
  /** What the live schema is called from now on. */
  readonly kept: string;
};

/** `session` must hold the mode lock of `live`: see mode-lock.ts. */
export async function switchSchemas(session: Database, { live, fresh, kept }: SwitchInput): Promise<void> {
  await carryOnNumbers(session, { live, fresh });
  await rowsOf(session, "begin");
  try {
    const [row] = await rowsOf<{ is_next: boolean }>(
      session,
      `select f.generation = l.generation + 1 as is_next
       from ${tableOf(live, "deployment")} l, ${tableOf(fresh, "deployment")} f`,
    );
    if (row?.is_next !== true) throw new CliError(EXIT.failed, "the generation was raised meanwhile: rebuild again");
    // The reconcilers are held up, but one that finds a tail lost does not wait to say so.
    await rowsOf(
      session,
      `update ${tableOf(fresh, "consumer_offset")} f set lost_from = l.lost_from from ${tableOf(live, "consumer_offset")} l
       where (l.topic_id, l.partition) = (f.topic_id, f.partition) and l.lost_from is distinct from f.lost_from`,
    );
    await rename(session, live, kept);
    await rename(session, fresh, live);
    await rowsOf(session, "commit");
  } catch (error) {
    // Best effort: where the session is gone, so is its transaction, and the first error is the one to tell.
    await rowsOf(session, "rollback").catch(() => undefined);
    throw error;
  }
}

/** Functions that name their schema in a search path of their own go along. */
async function rename(session: Database, from: string, to: string): Promise<void> {
  await rowsOf(session, `alter schema ${quoteIdentifier(from)} rename to ${quoteIdentifier(to)}`);
  const functions = await rowsOf<{ name: string; search_path: string }>(
    session,
    `select p.oid::regprocedure::text as name, substr(setting, length('search_path=') + 1) as search_path
     from pg_proc p cross join lateral unnest(p.proconfig) setting
     where p.pronamespace = $1::regnamespace and setting like 'search_path=%'`,
    [quoteIdentifier(to)],
  );
  for (const { name, search_path } of functions) {
    const schemas = search_path.split(", ").map((one) => (one === from || one === quoteIdentifier(from) ? to : one));
    await rowsOf(session, `alter function ${name} set search_path = ${schemas.join(", ")}`);
  }
}
