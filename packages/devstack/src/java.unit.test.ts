import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findJava, findMaven, PrerequisiteError } from "./java.ts";

const folder = await mkdtemp(join(tmpdir(), "kith-java-"));
afterAll(() => rm(folder, { recursive: true }));

/** A machine whose only programs are the given ones, each printing one line. */
async function machine(name: string, programs: Record<string, string>): Promise<NodeJS.ProcessEnv> {
  const bin = join(folder, name, "bin");
  await mkdir(bin, { recursive: true });
  for (const [program, line] of Object.entries(programs)) {
    await writeFile(join(bin, program), `#!/bin/sh\necho '${line}' >&2\n`);
    await chmod(join(bin, program), 0o755);
  }
  return { PATH: bin };
}

it.each([
  ["17", 'openjdk version "17.0.15" 2025-04-15'],
  ["25 without a dot", 'openjdk version "25" 2025-09-16'],
])("takes Java %s", async (name, line) => {
  expect(await findJava(await machine(`java ${name}`, { java: line }))).toBe("java");
});

it("prefers the Java of JAVA_HOME to that of PATH", async () => {
  await machine("home", { java: 'java version "21.0.2"' });
  const env = { ...(await machine("path", { java: 'java version "1.8.0_392"' })), JAVA_HOME: join(folder, "home") };
  expect(await findJava(env)).toBe(join(folder, "home/bin/java"));
});

it.each([
  ["is missing", {}, /needs Java 17 or newer: `java` is not on the PATH/],
  ["is 8", { java: 'java version "1.8.0_392"' }, /`java` is Java 8\./],
  ["is 11", { java: 'openjdk version "11.0.1"' }, /`java` is Java 11\./],
])("says what to do when Java %s", async (name, programs, expected) => {
  const failure = await findJava(await machine(name, programs)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PrerequisiteError);
  expect(String(failure)).toMatch(expected);
  // How to install it, and the two ways around it.
  expect(String(failure)).toMatch(/apt-get install[\s\S]*docker compose up[\s\S]*DATABASE_URL and KAFKA_BROKERS/);
});

it.each([
  ["is missing", {}, /`mvn` is not on the PATH/],
  ["is 3.6", { mvn: "Apache Maven 3.6.3" }, /`mvn` is 3\.6\./],
])("says what to do when Maven %s", async (name, programs, expected) => {
  const failure = await findMaven(await machine(`maven ${name}`, programs)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PrerequisiteError);
  expect(String(failure)).toMatch(expected);
  expect(String(failure)).toMatch(/apt-get install maven[\s\S]*docker compose up[\s\S]*DATABASE_URL and KAFKA_BROKERS/);
});

it.each(["3.8.7", "3.10.0", "4.0.0"])("takes Maven %s", async (version) => {
  expect(await findMaven(await machine(`maven ${version}`, { mvn: `Apache Maven ${version}` }))).toBe("mvn");
});
