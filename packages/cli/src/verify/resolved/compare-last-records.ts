/** R3, R4: the last record of each identity says what the database says, and redirects lead to a living one. */
import type { Database } from "@kith/database";
import { type Finding, noteWrong, openFinding } from "../finding.ts";
import { rowsOf } from "../rows-of.ts";
import { contentDigest } from "./decode-record.ts";
import { expectedRecords } from "./expected-records.ts";

type LastRow = { identity_id: number; content_digest: string | null; is_pending: boolean };

/** `onIdentities` is told how many have been compared. */
export async function compareLastRecords(session: Database, onIdentities: (count: number) => void): Promise<Finding[]> {
  const living = openFinding("R3", "the last record of a living identity equals the database");
  const merged = openFinding("R4", "the last record of a merged identity is its redirect, which leads to a living one");
  let compared = 0;
  for await (const page of expectedRecords(session)) {
    const ids = [page[0]!.identityId, page.at(-1)!.identityId];
    const rows = await rowsOf<LastRow>(session, LAST, ids);
    const lastOf = new Map(rows.map((row) => [row.identity_id, row]));
    for (const record of page) {
      const last = lastOf.get(record.identityId);
      if (last?.is_pending === true || last?.content_digest === contentDigest(record)) continue;
      noteWrong(record.status === "merged" ? merged : living, 1, `identity ${record.identityId}`);
    }
    compared += page.length;
    onIdentities(compared);
  }
  const [stray] = await rowsOf<{ wrong: number; example: string | null }>(session, STRAY);
  if (stray !== undefined) noteWrong(merged, stray.wrong, stray.example);
  return [living, merged];
}

const LAST = `select k.id as identity_id, replace(l.content_digest::text, '-', '') as content_digest,
    exists (select from resolved_pending p where p.identity_id = k.id) as is_pending
  from identity k left join resolved_last l on l.identity_id = k.id
  where k.id between $1 and $2`;

// From the records of living identities down. One that is about to be published may have no record yet.
const STRAY = `with recursive reached as (
    (select identity_id from resolved_last where status = 'active' union select identity_id from resolved_pending)
    union
    select l.identity_id from reached r join resolved_last l on l.status = 'merged' and l.into_id = r.identity_id
  )
  select count(*) as wrong, 'identity ' || min(k.id) as example
  from identity k
  join resolved_last l on l.identity_id = k.id and l.status = 'merged' and l.into_id = k.merged_into
  left join reached r on r.identity_id = k.id
  where r.identity_id is null`;
