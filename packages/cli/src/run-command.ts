/** From the words of the command line to a command, and from its outcome to an exit code. */
import { parseArgs } from "node:util";
import { ConfigError, type Environment } from "@kith/service-kit";
import { applyTopics } from "./commands/apply-topics.ts";
import { migrate } from "./commands/migrate.ts";
import { describeFailure } from "./describe-failure.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import { HELP } from "./help.ts";
import type { Terminal } from "./terminal.ts";

/** What a run is given: the words after `kith`, the environment, and where lines go. */
export type Run = {
  readonly words: readonly string[];
  readonly env: Environment;
  readonly terminal: Terminal;
};

const COMMANDS: Readonly<Record<string, (env: Environment, terminal: Terminal) => Promise<void>>> = {
  help: async (_env, terminal) => terminal.print(HELP),
  migrate,
  "topics apply": applyTopics,
};

/** Runs one command and returns the exit code. Only a bug throws. */
export async function runCommand({ words, env, terminal }: Run): Promise<number> {
  try {
    await findCommand(words)(env, terminal);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    terminal.warn(`kith: ${describeFailure(error)}`);
    return error instanceof CliError || error instanceof ConfigError ? error.exitCode : EXIT.failed;
  }
}

function findCommand(words: readonly string[]) {
  const { positionals, isHelpWanted } = parseWords(words);
  const name = isHelpWanted ? "help" : positionals.join(" ");
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command;
  throw new CliError(EXIT.usage, `${name === "" ? "no command given" : `unknown command: ${name}`}\n\n${HELP}`);
}

function parseWords(words: readonly string[]): { positionals: readonly string[]; isHelpWanted: boolean } {
  try {
    const { positionals, values } = parseArgs({
      args: [...words],
      options: { help: { type: "boolean", short: "h", default: false } },
      allowPositionals: true,
      strict: true,
    });
    return { positionals, isHelpWanted: values.help };
  } catch (cause) {
    // Everything parseArgs throws is about the words it was given.
    throw new CliError(EXIT.usage, `${cause instanceof Error ? cause.message : "wrong arguments"}\n\n${HELP}`);
  }
}
