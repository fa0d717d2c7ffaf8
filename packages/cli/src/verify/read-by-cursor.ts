/** The rows of a large result, a page at a time, however many there are. */
import type { Database } from "@kith/database";
import { rowsOf } from "./rows-of.ts";

const ROWS_AT_A_TIME = 5_000;

/** Yields pages; `session` must be in a transaction. `name` is the cursor's, one of a kind in the transaction. */
export async function* readByCursor<Row>(session: Database, name: string, text: string): AsyncGenerator<Row[]> {
  await rowsOf(session, `declare ${name} no scroll cursor for ${text}`);
  for (;;) {
    const page = await rowsOf<Row>(session, `fetch ${ROWS_AT_A_TIME} from ${name}`);
    if (page.length > 0) yield page;
    if (page.length < ROWS_AT_A_TIME) break;
  }
  await rowsOf(session, `close ${name}`);
}
