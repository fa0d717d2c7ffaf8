/**
 * The class of a pool's clients: `pg`'s, which prepares each statement of {@link defineStatement} once per connection.
 * Other texts run unnamed. It is a subclass because a pool takes the class of its clients as an option, and nothing else.
 */
import type { Writable } from "node:stream";
import pg from "pg";
import { statementName } from "./statement.ts";

/** Awaited before a statement is sent; `statement` is its name, or its text where it has none. A rejection fails it. */
export type BeforeStatement = (statement: string) => Promise<void>;

export function namingClient(beforeStatement?: BeforeStatement): typeof pg.Client {
  // The overloads of pg's query() cannot be restated in a subclass, so it is replaced on the instance.
  return class NamingClient extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      const query = this.query.bind(this) as (...args: unknown[]) => unknown;
      const named = (text: unknown, values: unknown, ...rest: unknown[]): unknown => {
        const name = typeof text === "string" ? statementName(text) : undefined;
        return name === undefined ? query(text, values, ...rest) : query({ name, text, values }, ...rest);
      };
      // What is sent in one turn of the event loop goes out in one write.
      const { connection } = this as unknown as { connection: { stream: Writable } };
      const gathered = (text: unknown, values: unknown, ...rest: unknown[]): unknown => {
        // TLS puts another stream in its place.
        const { stream } = connection;
        if (stream.writableCorked === 0) {
          stream.cork();
          queueMicrotask(() => stream.uncork());
        }
        return named(text, values, ...rest);
      };
      // One after the other, so that each statement can be held back.
      let last: Promise<unknown> = Promise.resolve();
      const hooked = (text: unknown, values: unknown): Promise<unknown> => {
        const before = last.catch(() => undefined);
        last = before.then(async () => {
          await beforeStatement?.(statementName(text as string) ?? String(text));
          return named(text, values);
        });
        return last;
      };
      this.query = (beforeStatement === undefined ? gathered : hooked) as typeof this.query;
    }
  };
}
