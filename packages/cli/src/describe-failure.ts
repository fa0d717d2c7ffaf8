/**
 * A failure as lines for the terminal: its message, code and causes. Never with a value out of the database: Postgres
 * quotes what it could not convert in the messages of its class 22.
 */
import { CliError } from "./exit-codes.ts";

const CAUSES_MAX = 4;

/** Describes an error and what caused it, without a stack: that is for bugs, which end the process by themselves. */
export function describeFailure(error: unknown): string {
  const lines: string[] = [];
  let current = error;
  for (let depth = 0; depth < CAUSES_MAX && current instanceof Error; depth += 1) {
    // Libraries wrap an error in one that says the same.
    const line = describeOne(current);
    if (line !== lines.at(-1)) lines.push(line);
    current = current.cause;
  }
  return lines.join("\n  because: ");
}

function describeOne(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  // Node's connection failures over several addresses are an AggregateError without a message.
  const mayQuoteData = code !== undefined && /^22[0-9A-Z]{3}$/.test(code);
  const text = error.message === "" || mayQuoteData ? error.name : error.message;
  const isNamed = error instanceof CliError || code === undefined || text.includes(code);
  return isNamed ? text : `${text} (${code})`;
}
