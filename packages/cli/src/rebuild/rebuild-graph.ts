/** One transaction: the graph anew, with the ids it had, in a fresh schema; checked, and compared with the live one. */
import { type Database, quoteIdentifier } from "@kith/database";
import { checkInvariants } from "../verify/check-invariants.ts";
import type { Finding } from "../verify/finding.ts";
import { rowsOf } from "../verify/rows-of.ts";
import { type OnProgress, withProgress } from "../verify/with-progress.ts";
import { adoptIds } from "./adopt-ids.ts";
import { type Comparison, compareSchemas } from "./compare-schemas.ts";
import { copyGrants } from "./copy-grants.ts";
import { copyRest } from "./copy-rest.ts";
import { findParts, takeReplayedParts } from "./find-parts.ts";
import { type WriteGraphInput, writeGraph } from "./write-graph.ts";

export type RebuildInput = WriteGraphInput & {
  /** The transaction has its snapshot: whoever writes to the live schema from now on is not seen. */
  readonly onSnapshot: () => Promise<void>;
  readonly onProgress: OnProgress;
};

export type Rebuilt = Comparison & {
  readonly identities: number;
  readonly identifiers: number;
  /** Invariants that do not hold in the fresh schema. */
  readonly wrong: readonly Finding[];
};

/** `session` must be one connection. Nothing is kept where it rejects. */
export async function rebuildGraph(session: Database, input: RebuildInput): Promise<Rebuilt> {
  const { live, source, fresh, generation, onSnapshot, onProgress } = input;
  await rowsOf(session, "begin isolation level repeatable read");
  try {
    // The snapshot is taken by the first statement.
    await rowsOf(session, "select 1");
    await onSnapshot();
    if (source === live) {
      await withProgress("computing identities", onProgress, (count) =>
        findParts(session, source, (done) => count(done, "links")),
      );
    } else {
      await takeReplayedParts(session, source);
    }
    await withProgress("finding the ids they had", onProgress, () => adoptIds(session, live));
    await withProgress("writing identities", onProgress, () => writeGraph(session, input));
    await copyRest(session, { live, fresh, generation });
    await copyGrants(session, { live, fresh });
    const comparison = await withProgress("comparing", onProgress, () => compareSchemas(session, { live, fresh }));
    const wrong = await findWrong(session, fresh, onProgress);
    const [row] = await rowsOf<{ identities: number; identifiers: number }>(
      session,
      `select (select count(*) from identity where merged_into is null) as identities,
         (select count(*) from identifier) as identifiers`,
    );
    await rowsOf(session, "commit");
    return { ...comparison, wrong, identities: row?.identities ?? 0, identifiers: row?.identifiers ?? 0 };
  } catch (error) {
    // Best effort: where the session is gone, so is its transaction, and the first error is the one to tell.
    await rowsOf(session, "rollback").catch(() => undefined);
    throw error;
  }
}

async function findWrong(session: Database, fresh: string, onProgress: OnProgress): Promise<Finding[]> {
  await rowsOf(session, `set local search_path to ${quoteIdentifier(fresh)}`);
  const wrong: Finding[] = [];
  for await (const finding of checkInvariants(session, onProgress)) if (finding.wrong > 0) wrong.push(finding);
  return wrong;
}
