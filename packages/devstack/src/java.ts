/** Finds Java and Maven, and says what to do when one is missing or too old. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const JAVA_OLDEST = 17;
const MAVEN_OLDEST: readonly [number, number] = [3, 8];

/** A program that the embedded Kafka needs is missing or too old. The message is for the user. */
export class PrerequisiteError extends Error {
  override readonly name = "PrerequisiteError";
  constructor(problem: string, install: string) {
    super(
      `${problem}\n` +
        `  Install it: ${install}\n` +
        "  Or do without: `docker compose up --build` runs everything in containers;\n" +
        "  or set DATABASE_URL and KAFKA_BROKERS to servers of yours, and neither is started here.",
    );
  }
}

/** The Java program to call: of JAVA_HOME if that is set, else of PATH. Throws a PrerequisiteError below Java 17. */
export async function findJava(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return (await inspectJava(env)).program;
}

/** As findJava, with all that the program says of its version. */
export async function inspectJava(
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly program: string; readonly version: string }> {
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, "bin/java") : "java";
  const install =
    "`apt-get install openjdk-17-jre-headless` (Debian, Ubuntu), `brew install openjdk@17` (macOS), or https://adoptium.net";
  const printed = await readVersion(java, ["-version"], env);
  if (printed === undefined) {
    const where = env.JAVA_HOME
      ? `JAVA_HOME is ${env.JAVA_HOME}, where \`bin/java\` does not run`
      : "`java` is not on the PATH";
    throw new PrerequisiteError(`The embedded Kafka needs Java ${JAVA_OLDEST} or newer: ${where}.`, install);
  }
  // openjdk version "17.0.15" …; before Java 9: "1.8.0_392".
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(printed) ?? [];
  const major = Number(first === "1" ? second : first);
  if (!(major >= JAVA_OLDEST)) {
    throw new PrerequisiteError(
      `The embedded Kafka needs Java ${JAVA_OLDEST} or newer; \`${java}\` is Java ${major}.`,
      install,
    );
  }
  return { program: java, version: printed };
}

/** The Maven program to call. Throws a PrerequisiteError below Maven 3.8. */
export async function findMaven(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const install = "`apt-get install maven` (Debian, Ubuntu), `brew install maven` (macOS), or https://maven.apache.org";
  const [oldestMajor, oldestMinor] = MAVEN_OLDEST;
  const oldest = `Maven ${oldestMajor}.${oldestMinor} or newer, once, to fetch Kafka`;
  const printed = await readVersion("mvn", ["-B", "--version"], env);
  if (printed === undefined) {
    throw new PrerequisiteError(
      `The embedded Kafka needs ${oldest}: \`mvn\` is not on the PATH, or does not run.`,
      install,
    );
  }
  const [, major, minor] = /Apache Maven (\d+)\.(\d+)/.exec(printed) ?? [];
  const isNewEnough = Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
  if (!isNewEnough) {
    throw new PrerequisiteError(`The embedded Kafka needs ${oldest}; \`mvn\` is ${major}.${minor}.`, install);
  }
  return "mvn";
}

/** What the program prints about its version, or undefined if it is missing or fails. */
async function readVersion(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(program, args, { env, timeout: 30_000 });
    return stdout + stderr;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code !== null) return undefined;
    throw error;
  }
}
