/** Plain SQL of the checks: each runs once, so none is a prepared statement. */
import type { Database } from "@kith/database";
import { CompiledQuery } from "kysely";

/** The rows of one statement. `parameters` are its `$1`, `$2`, … */
export async function rowsOf<Row>(db: Database, text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]));
  return rows;
}
