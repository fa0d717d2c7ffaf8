/**
 * The output checker: `identity.resolved`, folded from its first record, against the database. The topic is read first
 * and the snapshot taken after it, so the database knows all that was published. Changes that were not yet published when
 * reading began are known by the relay's cursor, and only for their identities nothing is said about the last record.
 */
import type { Database } from "@kith/database";
import type { Finding } from "../finding.ts";
import { rowsOf } from "../rows-of.ts";
import { checkSqlInvariant, type SqlInvariant } from "../sql-invariant.ts";
import { type OnProgress, withProgress } from "../with-progress.ts";
import type { CollectedRecords } from "./collect-records.ts";
import { compareLastRecords } from "./compare-last-records.ts";
import { notePending } from "./record-tables.ts";

/** What the topic comes to. */
export type ResolvedReport = {
  readonly findings: readonly Finding[];
  readonly records: number;
  /** Records that said again, byte for byte, what had been said before. Harmless by contract. */
  readonly repeats: number;
  /** Identities that were about to be published: their last records were not compared. */
  readonly pending: number;
};

const VERSIONS: SqlInvariant = {
  rule: "R1",
  about: "the versions of an identity increase, but for exact repeats",
  statements: [
    `select count(*) as wrong, 'identity ' || min(identity_id) as example
     from (
       select identity_id, version,
         row_number() over (partition by identity_id, version, raw_digest order by "offset") as occurrence,
         max(version) over (partition by identity_id order by "offset" rows between unbounded preceding and 1 preceding) as above
       from resolved_record where status <> 'erased'
     ) o
     where occurrence = 1 and version <= above`,
  ],
};

const NOT_ABOVE: SqlInvariant = {
  rule: "R2",
  about: "no version is above the database's",
  statements: [
    `select count(*) as wrong, 'identity ' || min(r.identity_id) as example
     from (select identity_id, max(version) as version from resolved_record group by identity_id) r
     join resolved_last l on l.identity_id = r.identity_id
     left join identity k on k.id = r.identity_id
     where r.version > k.version or (k.id is null and l.status <> 'erased')`,
  ],
};

const TOMBSTONES: SqlInvariant = {
  rule: "R6",
  about: "only erased identities have null records",
  statements: [
    `select count(*) as wrong, 'identity ' || min(k.id) as example
     from (select distinct identity_id from resolved_record where status = 'erased') r
     join identity k on k.id = r.identity_id`,
  ],
};

const REPEATS = `select count(*) - (select count(*) from (
    select distinct identity_id, version, raw_digest from resolved_record where status <> 'erased') d) as repeats
  from resolved_record where status <> 'erased'`;

/** `session` must be in a snapshot taken after `collected`. */
export async function checkResolved(
  session: Database,
  collected: CollectedRecords,
  onProgress: OnProgress,
): Promise<ResolvedReport> {
  const findings = [...collected.findings];
  const pending = await notePending(session, collected.cursor);
  for (const invariant of [VERSIONS, NOT_ABOVE, TOMBSTONES]) {
    const { rule, about } = invariant;
    findings.push(await withProgress(`${rule}: ${about}`, onProgress, () => checkSqlInvariant(session, invariant)));
  }
  findings.push(
    ...(await withProgress("R3, R4: the last records", onProgress, (count) =>
      compareLastRecords(session, (done) => count(done, "identities")),
    )),
  );
  findings.sort((a, b) => (a.rule < b.rule ? -1 : 1));
  const [row] = await rowsOf<{ repeats: number }>(session, REPEATS);
  return { findings, records: collected.records, repeats: row?.repeats ?? 0, pending };
}
