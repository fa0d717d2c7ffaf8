/** Several statements in one message to the server: a round trip, and a write to the socket, for all of them. */
import type { Kysely } from "kysely";
import type { StatementQuery } from "./statement.ts";
import type { DB } from "./tables.generated.ts";

/**
 * Sends the statements at once on one connection; the server runs them one after another, in this order. `db` must be a
 * connection or transaction if they belong together. Resolves with the rows of each.
 *
 * Rejects with the first error, once all are answered. The server does not stop at an error by itself: inside a
 * transaction every statement after it fails, outside of one it runs. So nothing may stand behind a statement that must
 * not happen without it.
 */
export async function sendTogether<Rows extends readonly unknown[]>(
  db: Kysely<DB>,
  queries: { readonly [Index in keyof Rows]: StatementQuery<Rows[Index]> },
): Promise<{ [Index in keyof Rows]: Rows[Index][] }> {
  const answers = await db
    .getExecutor()
    .provideConnection((connection) =>
      Promise.allSettled(queries.map((query: StatementQuery<unknown>) => connection.executeQuery(query))),
    );
  const rows = answers.map((answer) => {
    if (answer.status === "rejected") throw answer.reason;
    return answer.value.rows;
  });
  return rows as { [Index in keyof Rows]: Rows[Index][] };
}
