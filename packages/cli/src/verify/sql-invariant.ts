/** An invariant that SQL alone can check, in memory that the server bounds. */
import type { Database } from "@kith/database";
import { type Finding, noteWrong, openFinding } from "./finding.ts";
import { rowsOf } from "./rows-of.ts";

/** Each statement answers one row: `wrong`, a count, and `example`, the first that is wrong or null. */
export type SqlInvariant = Pick<Finding, "rule" | "about"> & { readonly statements: readonly string[] };

export async function checkSqlInvariant(session: Database, invariant: SqlInvariant): Promise<Finding> {
  const finding = openFinding(invariant.rule, invariant.about);
  for (const text of invariant.statements) {
    const [row] = await rowsOf<{ wrong: number; example: string | null }>(session, text);
    if (row !== undefined) noteWrong(finding, row.wrong, row.example);
  }
  return finding;
}
