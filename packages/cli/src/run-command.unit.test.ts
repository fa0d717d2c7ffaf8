import { describe, expect, it } from "vitest";
import { EXIT } from "./exit-codes.ts";
import { runCommand } from "./run-command.ts";

async function run(words: string[], env: Record<string, string> = {}) {
  const printed: string[] = [];
  const errors: string[] = [];
  const exitCode = await runCommand({
    words,
    env,
    terminal: {
      print: (line) => printed.push(line),
      warn: (line) => errors.push(line),
      wait: { deadlineMs: 50, pauseMs: 5 },
    },
  });
  return { exitCode, printed: printed.join("\n"), errors: errors.join("\n") };
}

describe("runCommand", () => {
  it.each([[["help"]], [["--help"]], [["-h"]], [["migrate", "--help"]]])("prints the help for %j", async (words) => {
    const { exitCode, printed, errors } = await run(words);
    expect(exitCode).toBe(EXIT.done);
    expect(printed).toMatch(/^Usage: kith <command>/);
    expect(errors).toBe("");
  });

  it.each([
    { words: [], says: "no command given" },
    { words: ["fly"], says: "unknown command: fly" },
    { words: ["topics"], says: "unknown command: topics" },
    { words: ["migrate", "now"], says: "unexpected word: now" },
    { words: ["toString"], says: "unknown command: toString" },
    { words: ["migrate", "--force"], says: "--force" },
  ])("refuses $words with the usage", async ({ words, says }) => {
    const { exitCode, printed, errors } = await run(words);
    expect(exitCode).toBe(EXIT.usage);
    expect(errors).toContain(says);
    expect(errors).toContain("Usage: kith <command>");
    expect(printed).toBe("");
  });

  it.each([
    { words: ["migrate"], env: {}, says: "DATABASE_URL is not set" },
    { words: ["migrate"], env: { DATABASE_URL: "mysql://u:secret@h/d" }, says: "DATABASE_URL is not valid" },
    { words: ["topics", "apply"], env: {}, says: "KAFKA_BROKERS is not set" },
    {
      words: ["topics", "apply"],
      env: { KAFKA_BROKERS: "127.0.0.1:1", ORDER_IDENTITY_RETENTION_MS: "soon" },
      says: "ORDER_IDENTITY_RETENTION_MS is not valid",
    },
  ])("names the variable that keeps $words from running", async ({ words, env, says }) => {
    const { exitCode, printed, errors } = await run(words, env);
    expect(exitCode).toBe(78);
    expect(errors).toContain(says);
    expect(errors).not.toContain("secret");
    expect(printed).toBe("");
  });

  it("says that nobody answered, and where", async () => {
    const { exitCode, errors } = await run(["migrate"], { DATABASE_URL: "postgres://kith:secret@127.0.0.1:1/kith" });
    expect(exitCode).toBe(EXIT.unavailable);
    expect(errors).toContain("Postgres at 127.0.0.1:1 did not answer");
    expect(errors).not.toContain("secret");
  });
});
