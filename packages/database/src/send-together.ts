/** Several statements in one message to the server: a round trip, and a write to the socket, for all of them. */
import type { Session } from "./session.ts";
import { rowsOf, type StatementQuery } from "./statement.ts";

/**
 * Sends the statements at once on one connection; the server runs them one after another, in this order. `db` must be a
 * session or transaction if they belong together. Resolves with the rows of each; in the place of one that is undefined,
 * nothing is sent and there are none.
 *
 * Rejects with the first error, once all are answered. The server does not stop at an error by itself: inside a
 * transaction every statement after it fails, outside of one it runs. So nothing may stand behind a statement that must
 * not happen without it.
 */
export async function sendTogether<Rows extends readonly unknown[]>(
  db: Session,
  queries: { readonly [Index in keyof Rows]: StatementQuery<Rows[Index]> | undefined },
): Promise<{ [Index in keyof Rows]: Rows[Index][] }> {
  const answers = await db
    .getExecutor()
    .provideConnection((connection) =>
      Promise.allSettled(
        queries.map((query: StatementQuery<unknown> | undefined) => query && connection.executeQuery(query)),
      ),
    );
  const rows = answers.map((answer, index) => {
    if (answer.status === "rejected") throw answer.reason;
    return answer.value === undefined ? [] : rowsOf(queries[index]!, answer.value);
  });
  return rows as { [Index in keyof Rows]: Rows[Index][] };
}
