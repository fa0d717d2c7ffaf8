/** Apache Kafka's jars, by Maven coordinates, kept under `.kith/` for every later run of this clone. */
import { mkdir, readdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { statusOf } from "./file-status.ts";
import { findMaven } from "./java.ts";
import { makeWhole } from "./make-whole.ts";
import { removeFolder } from "./remove-folder.ts";
import { runGuardedCommand } from "./run-guarded.ts";
import type { Say } from "./say.ts";

/** The version that the project is built and tested with. */
export const KAFKA_VERSION = "4.3.1";

// slf4j-simple, at "warn": a broker that ends while starting leaves its reason in the log.
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kith</groupId>
  <artifactId>embedded-kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;
const GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
const LIST_FILE = "complete.json";

/** Returns the folder with the jars, fetching them first if they are missing, incomplete or of another version. */
export async function fetchKafka(parent: string, say: Say): Promise<string> {
  const jars = join(parent, KAFKA_VERSION);
  await mkdir(parent, { recursive: true });
  if ((await statusOf(jars)) !== undefined && !(await isComplete(jars))) {
    say(`Kafka: ${jars} is incomplete; fetching it again`);
    await removeFolder(jars);
  }
  await makeWhole(jars, (unfinished) => fetchJars(unfinished, say));
  // The one real path: Java's class archive is valid for the jars at a path.
  return realpath(jars);
}

async function fetchJars(folder: string, say: Say): Promise<void> {
  const maven = await findMaven();
  say(`Kafka: fetching Apache Kafka ${KAFKA_VERSION} with Maven (once; 46 jars, 44 MB) …`);
  const startedAt = Date.now();
  await mkdir(folder);
  await writeFile(join(folder, "pom.xml"), pom);
  await runGuardedCommand({
    name: "mvn copy-dependencies",
    command: maven,
    args: ["-q", "-B", "-f", join(folder, "pom.xml"), GOAL, `-DoutputDirectory=${folder}`],
    cwd: dirname(folder),
    stopSignal: "TERM",
    stopLimitSeconds: 5,
  });
  const sizes = await readSizes(folder);
  await writeFile(join(folder, LIST_FILE), JSON.stringify(sizes, undefined, 2));
  say(`Kafka: fetched ${Object.keys(sizes).length} jars in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** The folder is renamed into place whole; this finds what happened to it afterwards: a full disk, a stray deletion. */
async function isComplete(folder: string): Promise<boolean> {
  if ((await statusOf(join(folder, LIST_FILE))) === undefined) return false;
  const expected = await readFile(join(folder, LIST_FILE), "utf8");
  return expected === JSON.stringify(await readSizes(folder), undefined, 2);
}

async function readSizes(folder: string): Promise<Record<string, number>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jar")).sort();
  const sizes = await Promise.all(names.map(async (name) => [name, (await stat(join(folder, name))).size] as const));
  return Object.fromEntries(sizes);
}
