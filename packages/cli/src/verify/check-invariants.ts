/** I1 to I10 over one snapshot, one after the other. */
import type { Database } from "@kith/database";
import { checkConnectivity } from "./connectivity.ts";
import { EVIDENCE } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import { MEMBERSHIP, REDIRECTS } from "./membership.ts";
import { OFFSETS, OUTBOX } from "./outbox.ts";
import { checkSqlInvariant } from "./sql-invariant.ts";
import { type OnProgress, withProgress } from "./with-progress.ts";

const BY_SQL = [...MEMBERSHIP, ...EVIDENCE, OUTBOX, REDIRECTS, OFFSETS];

/** Yields each finding as soon as it is there. `session` must be in a snapshot: see in-snapshot.ts. */
export async function* checkInvariants(session: Database, onProgress: OnProgress): AsyncGenerator<Finding> {
  for (const invariant of BY_SQL) {
    yield await withProgress(`${invariant.rule}: ${invariant.about}`, onProgress, () =>
      checkSqlInvariant(session, invariant),
    );
  }
  yield await withProgress("I10: every identity is connected by its links", onProgress, (count) =>
    checkConnectivity(session, (done) => count(done, "identities")),
  );
}
