/** SQL statements of the hot path: one text each, prepared once per connection, arrays in and rows out. */
import { CompiledQuery, type QueryResult } from "kysely";
import type { Session } from "./session.ts";

const names = new Map<string, string>();

/** The name under which a text of {@link defineStatement} is prepared, or undefined for any other text. */
export function statementName(text: string): string | undefined {
  return names.get(text);
}

/** Every statement defined so far, by name: for tests of their plans. */
export function definedStatements(): ReadonlyMap<string, string> {
  return new Map([...names].map(([text, name]) => [name, text]));
}

/** A statement with its parameters, ready to be sent: for {@link sendTogether}. */
export type StatementQuery<Row> = CompiledQuery<Row>;

/** A statement of {@link defineStatement}: called, it runs alone; its query can be sent together with others. */
export type Statement<Input, Row> = {
  (db: Session, input: Input): Promise<Row[]>;
  query(input: Input): StatementQuery<Row>;
};

/**
 * Defines a prepared statement. `parameters` turns the input into the statement's `$1, $2, …`. The result runs it on a
 * database or transaction and returns its rows; it rejects with pg's error.
 *
 * @example
 * const readOffsets = defineStatement<{ topicId: string }, { partition: number; next_offset: number }>(
 *   "read-offsets",
 *   "select partition, next_offset from consumer_offset where topic_id = $1",
 *   ({ topicId }) => [topicId],
 * );
 * const rows = await readOffsets(db, { topicId });
 */
export function defineStatement<Input, Row>(
  name: string,
  text: string,
  parameters: (input: Input) => readonly unknown[],
): Statement<Input, Row> {
  names.set(text, name);
  const query = (input: Input) => CompiledQuery.raw(text, [...parameters(input)]) as StatementQuery<Row>;
  const run = async (db: Session, input: Input) => {
    const sent = query(input);
    return rowsOf(sent, await db.executeQuery<Row>(sent));
  };
  return Object.assign(run, { query });
}

/** The one row of a statement of {@link defineWrite}: how many rows it has inserted, updated or deleted. */
export type Written = { readonly written: number };

const writes = new Set<string>();

/** Defines a statement that changes rows and returns none. Its answer is {@link Written}: the server counts in any case. */
export function defineWrite<Input>(
  name: string,
  text: string,
  parameters: (input: Input) => readonly unknown[],
): Statement<Input, Written> {
  writes.add(text);
  return defineStatement(name, text, parameters);
}

/** The rows of a statement's answer. */
export function rowsOf<Row>({ sql }: StatementQuery<Row>, { rows, numAffectedRows }: QueryResult<Row>): Row[] {
  return writes.has(sql) ? [{ written: Number(numAffectedRows) } as Row] : rows;
}
