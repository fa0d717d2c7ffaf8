/** What a database has come to, in the same words as the oracle, by the checks of `kith verify`. */
import { checkInvariants, digestGraph, inSnapshot } from "@kith/cli/verify";
import type { Database } from "@kith/database";
import { CompiledQuery } from "kysely";

/** The canonical digest of a database; equals {@link oracleDigest} of the observations it was made from. */
export function databaseDigest(db: Database): Promise<string> {
  return db.connection().execute((session) => inSnapshot(session, () => digestGraph(session)));
}

/** The live contacts by observation, sorted: equals the sorted obsIds of the oracle's contacts. */
export async function liveContacts(db: Database): Promise<string[]> {
  const { rows } = await db.executeQuery<{ obs_id: string }>(
    CompiledQuery.raw("select obs_id from contact where deleted_at is null order by obs_id"),
  );
  return rows.map((row) => row.obs_id);
}

/** Counts of broken invariants by what should hold; empty where all is well. */
export function brokenInvariants(db: Database): Promise<Record<string, number>> {
  return db.connection().execute((session) =>
    inSnapshot(session, async () => {
      const broken: Record<string, number> = {};
      for await (const { rule, about, wrong } of checkInvariants(session, () => undefined)) {
        if (wrong > 0) broken[`${rule} ${about}`] = wrong;
      }
      return broken;
    }),
  );
}
