/** Plain SQL for tests that look into the database. */
import type { Database } from "@kith/database";
import { CompiledQuery } from "kysely";

/** The rows of a statement. `parameters` are its `$1`, `$2`, … */
export async function rowsOf<Row>(db: Database, text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]));
  return rows;
}
