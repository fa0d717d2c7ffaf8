/** The commands against real servers: what they leave behind, what repeating them does, and how they fail. */
import { topicNames } from "@kith/contracts";
import { closeKafka, connectKafka, describeTopic } from "@kith/kafka";
import { type TestDatabase, testDatabase } from "@kith/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { EXIT } from "./exit-codes.ts";
import { runCommand } from "./run-command.ts";

async function run(words: string[], env: Record<string, string>, deadlineMs = 20_000) {
  const printed: string[] = [];
  const warned: string[] = [];
  const exitCode = await runCommand({
    words,
    env,
    terminal: {
      print: (line) => printed.push(line),
      warn: (line) => warned.push(line),
      wait: { deadlineMs, pauseMs: 100 },
    },
  });
  return { exitCode, printed, warned };
}

describe("kith migrate", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.drop());

  it("makes the schema, and finds nothing to do the second time", async () => {
    const env = { DATABASE_URL: database.url, DATABASE_SCHEMA: "kith_cli" };
    const first = await run(["migrate"], env);
    expect(first).toMatchObject({ exitCode: EXIT.done, warned: [] });
    expect(first.printed[0]).toMatch(/^applied 0001_/);
    expect(first.printed.at(-1)).toBe("schema kith_cli is now up to date");
    const made = await sql<{ name: string | null }>`select to_regclass('kith_cli.identifier')::text as name`.execute(
      database.open(),
    );
    expect(made.rows).toEqual([{ name: "kith_cli.identifier" }]);

    const second = await run(["migrate"], env);
    expect(second).toEqual({ exitCode: EXIT.done, printed: ["schema kith_cli is up to date"], warned: [] });
  });

  it("lets one of two that start at once do the work", async () => {
    const env = { DATABASE_URL: database.url, DATABASE_SCHEMA: "kith_cli_twice" };
    const both = await Promise.all([run(["migrate"], env), run(["migrate"], env)]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([EXIT.done, EXIT.done]);
    const applied = both.flatMap(({ printed }) => printed.filter((line) => line.startsWith("applied 0001_")));
    expect(applied).toHaveLength(1);
  });

  it("does not wait for a database that is not there on a server that is", async () => {
    const url = new URL(database.url);
    url.pathname = "/no_such_database";
    const { exitCode, printed, warned } = await run(["migrate"], { DATABASE_URL: url.href });
    expect(exitCode).toBe(EXIT.failed);
    // One line, and none that says "waiting".
    expect(warned).toEqual([expect.stringContaining("(3D000)")]);
    expect(printed).toEqual([]);
  });
});

describe("kith topics apply", () => {
  it("makes the three topics, and may be repeated", async () => {
    const prefix = `cli-${process.pid}-${Date.now()}.`;
    const brokers = inject("kafkaBrokers");
    const env = { KAFKA_BROKERS: brokers, TOPIC_PREFIX: prefix, ORDER_IDENTITY_RETENTION_MS: "86400000" };
    const lines = Object.values(topicNames(prefix)).map((name) => `topic ${name} is in place`);
    expect(await run(["topics", "apply"], env)).toEqual({ exitCode: EXIT.done, printed: lines, warned: [] });

    const client = connectKafka({ brokers: brokers.split(","), clientId: "kith-test" });
    try {
      const { orderIdentity } = topicNames(prefix);
      const made = await describeTopic(client, orderIdentity);
      expect(made?.partitions).toBe(6);
      expect(await run(["topics", "apply"], env)).toEqual({ exitCode: EXIT.done, printed: lines, warned: [] });
      expect(await describeTopic(client, orderIdentity)).toEqual(made);
    } finally {
      await closeKafka(client);
    }
  });

  it("says that no broker answered, and where", async () => {
    const { exitCode, warned } = await run(["topics", "apply"], { KAFKA_BROKERS: "127.0.0.1:1" }, 3_000);
    expect(exitCode).toBe(EXIT.unavailable);
    expect(warned.at(-1)).toContain("Kafka at 127.0.0.1:1 did not answer");
  });
});
