/** From the words of the command line to a command, and from its outcome to an exit code. */
import { ConfigError } from "@kith/service-kit";
import { type Command, type Run, wrongWords } from "./command.ts";
import { applyTopics } from "./commands/apply-topics.ts";
import { listDlq } from "./commands/dlq-list.ts";
import { redriveDlq } from "./commands/dlq-redrive.ts";
import { showDlq } from "./commands/dlq-show.ts";
import { createKey, listKeys, revokeKey } from "./commands/keys.ts";
import { migrate } from "./commands/migrate.ts";
import { rebuild } from "./commands/rebuild.ts";
import { verify } from "./commands/verify.ts";
import { describeFailure } from "./describe-failure.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import { HELP } from "./help.ts";

/** By the words that name them. Where one name begins another the longest that fits is meant. */
const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["dlq list", listDlq],
  ["dlq redrive", redriveDlq],
  ["dlq show", showDlq],
  ["help", help],
  ["keys create", createKey],
  ["keys list", listKeys],
  ["keys revoke", revokeKey],
  ["migrate", migrate],
  ["topics apply", applyTopics],
  ["verify", verify],
  ["rebuild", rebuild],
]);

/** Runs one command and returns the exit code. Only a bug throws. */
export async function runCommand({ words, env, terminal }: Run): Promise<number> {
  try {
    const { command, rest } = findCommand(words);
    await command({ words: rest, env, terminal });
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    terminal.warn(`kith: ${describeFailure(error)}`);
    return error instanceof CliError || error instanceof ConfigError ? error.exitCode : EXIT.failed;
  }
}

function findCommand(words: readonly string[]): { command: Command; rest: readonly string[] } {
  if (words.includes("--help") || words.includes("-h")) return { command: help, rest: [] };
  for (let length = words.length; length > 0; length -= 1) {
    const command = COMMANDS.get(words.slice(0, length).join(" "));
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  throw wrongWords(words.length === 0 ? "no command given" : `unknown command: ${words.join(" ")}`);
}

async function help({ terminal }: Run): Promise<void> {
  terminal.print(HELP);
}
