/**
 * D1: the canonical digest of a graph, equal if and only if identifiers, identities and least ages are equal. Ids and
 * versions are not in it, since they depend on the order in which records came: so a live, a replayed and a computed
 * state can be compared.
 *
 * It is the md5 of one line per identity, in byte order, joined by line feeds; a line is `kind:value@first_at/first_obs`
 * of each identifier by kind and value, joined by commas. PostgreSQL sorts, on disk if need be, and the lines come one
 * page at a time, so nothing here grows but the longest line.
 */
import { createHash } from "node:crypto";
import type { Database } from "@kith/database";
import { readByCursor } from "./read-by-cursor.ts";

const LINES = `select line from (
    select string_agg(kind || ':' || value || '@' || first_at || '/' || first_obs, ',' order by kind, value) as line
    from identifier group by identity_id
  ) lines order by line collate "C"`;

/** `onIdentities` is told how many are in it. `session` must be in a transaction. */
export async function digestGraph(
  session: Database,
  onIdentities: (count: number) => void = () => undefined,
): Promise<string> {
  const digest = createHash("md5");
  let count = 0;
  for await (const page of readByCursor<{ line: string }>(session, "lines", LINES)) {
    for (const { line } of page) {
      if (count > 0) digest.update("\n");
      digest.update(line);
      count += 1;
    }
    onIdentities(count);
  }
  return digest.digest("hex");
}
