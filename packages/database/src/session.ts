/** One connection for statements that belong together, such as those of a transaction. */
import type { CompiledQuery, QueryExecutor, QueryResult } from "kysely";

/** Whatever runs statements: a database, or a connection of {@link withSession}. */
export type Session = {
  executeQuery<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>>;
  getExecutor(): QueryExecutor;
};

/**
 * Runs `work` with a connection of its own. Kysely's `db.connection()` sends a statement once the one before is answered;
 * here each is sent as soon as it is asked for, and the server runs them in that order.
 *
 * Resolves and rejects as `work` does; all it has sent must be answered by then.
 */
export function withSession<T>(db: Session, work: (session: Session) => Promise<T>): Promise<T> {
  const pool = db.getExecutor();
  return pool.provideConnection((connection) => {
    const executor = pool.withConnectionProvider({ provideConnection: (use) => use(connection) });
    return work({ executeQuery: (query) => executor.executeQuery(query), getExecutor: () => executor });
  });
}
