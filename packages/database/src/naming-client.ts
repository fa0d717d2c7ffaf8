/**
 * A `pg` client that prepares each statement of {@link defineStatement} once per connection. Other texts run unnamed.
 * It is a subclass because a pool takes the class of its clients as an option, and nothing else.
 */
import pg from "pg";
import { statementName } from "./statement.ts";

// The overloads of pg's query() cannot be restated in a subclass, so it is replaced on the instance.
export class NamingClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    const named = (text: unknown, values: unknown, ...rest: unknown[]): unknown => {
      const name = typeof text === "string" ? statementName(text) : undefined;
      return name === undefined ? query(text, values, ...rest) : query({ name, text, values }, ...rest);
    };
    this.query = named as typeof this.query;
  }
}
