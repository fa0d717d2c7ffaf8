/** What a command is: it gets the words after its name, reads its own options from them, and throws if it fails. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import type { Environment } from "@kith/service-kit";
import { CliError, EXIT } from "./exit-codes.ts";
import { HELP } from "./help.ts";
import type { Terminal } from "./terminal.ts";

/** What a run is given: the words (all of them, or those after the command's name), the environment, the terminal. */
export type Run = {
  readonly words: readonly string[];
  readonly env: Environment;
  readonly terminal: Terminal;
};

/** One command of the table in run-command.ts. */
export type Command = (run: Run) => Promise<void>;

/** Reads the options of a command. Words that are neither an option nor one of `operandsMax` operands are refused. */
export function parseWords<Options extends ParseArgsOptionsConfig>(
  words: readonly string[],
  options: Options,
  operandsMax = 0,
) {
  const parsed = parseStrictly(words, options);
  const unexpected = parsed.positionals[operandsMax];
  if (unexpected !== undefined) throw wrongWords(`unexpected word: ${unexpected}`);
  return { values: parsed.values, operands: parsed.positionals };
}

/** The failure of a command line that cannot be understood: the reason, then the usage. */
export function wrongWords(reason: string, cause?: unknown): CliError {
  return new CliError(EXIT.usage, `${reason}\n\n${HELP}`, { cause });
}

function parseStrictly<Options extends ParseArgsOptionsConfig>(words: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Everything parseArgs throws is about the words it was given.
    throw wrongWords(error instanceof Error ? error.message : "wrong arguments");
  }
}
