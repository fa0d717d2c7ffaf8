/** One run of `kith` in a test: what it printed, what it warned of, and how it ended. */
import type { Environment } from "@kith/service-kit";
import { runCommand } from "../run-command.ts";

/** `onWarn` is told of each line on standard error as it comes. */
export async function runKith(
  words: readonly string[],
  env: Environment,
  onWarn: (line: string) => void = () => undefined,
): Promise<{ exitCode: number; printed: string[]; warned: string[] }> {
  const printed: string[] = [];
  const warned: string[] = [];
  const exitCode = await runCommand({
    words,
    env,
    terminal: {
      print: (line) => printed.push(line),
      warn(line) {
        warned.push(line);
        onWarn(line);
      },
      wait: { deadlineMs: 20_000, pauseMs: 100 },
    },
  });
  return { exitCode, printed, warned };
}

/** What `kith` reads, for a test's own database and topics. */
export function kithEnv(of: {
  readonly database: { readonly url: string; readonly schema: string };
  readonly topics: { readonly brokers: readonly string[]; readonly prefix: string };
}): Environment {
  return {
    PATH: process.env.PATH,
    DATABASE_URL: of.database.url,
    DATABASE_SCHEMA: of.database.schema,
    KAFKA_BROKERS: of.topics.brokers.join(","),
    TOPIC_PREFIX: of.topics.prefix,
  };
}
