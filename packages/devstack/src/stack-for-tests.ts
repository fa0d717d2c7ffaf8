/** One Postgres and one Kafka for a run of tests, thrown away afterwards. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { kafkaJarsFolder, kithFolder, ownerOfThrowAway, throwAwayFolder } from "./kith-folder.ts";
import { removeReachableFolder } from "./reachable-folder.ts";
import { removeFolder } from "./remove-folder.ts";
import { readProcess } from "./running-process.ts";
import { type Say, sayNothing } from "./say.ts";
import { startKafka } from "./start-kafka.ts";
import { startPostgres } from "./start-postgres.ts";
import type { TestStack } from "./test-stack.ts";

/**
 * Starts the embedded servers, or with `TEST_STACK=containers` the same in Docker. However the caller ends, the servers
 * end too and their data go: the guard removes them, or for what it cannot remove the next run.
 */
export async function startTestStack(options: { readonly say?: Say } = {}): Promise<TestStack> {
  const say = options.say ?? sayNothing;
  const kind = process.env.TEST_STACK || "embedded";
  if (kind === "containers") {
    const { startContainers } = await import("./start-containers.ts");
    return startContainers(say);
  }
  if (kind !== "embedded") throw new Error(`TEST_STACK is "embedded" or "containers", not "${kind}".`);
  return startEmbedded(say);
}

async function startEmbedded(say: Say): Promise<TestStack> {
  await mkdir(kithFolder, { recursive: true });
  await removeLeftovers();
  const folder = throwAwayFolder;
  await mkdir(folder);
  const starting = [
    startPostgres({ folder: join(folder, "postgres"), isDurable: false, isThrowAway: true, say }),
    startKafka({
      folder: join(folder, "kafka"),
      jarsFolder: kafkaJarsFolder,
      isShortLived: true,
      isThrowAway: true,
      say,
    }),
  ] as const;
  const stop = async () => {
    const started = await Promise.allSettled(starting);
    await Promise.all(started.map((server) => (server.status === "fulfilled" ? server.value.stop() : undefined)));
    await removeFolder(folder);
  };
  try {
    const [postgres, kafka] = await Promise.all(starting);
    return { databaseUrl: postgres.url, kafkaBrokers: kafka.brokers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Removes what runs left that were killed, or that ended before a guard was up. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(kithFolder)) {
    const pid = ownerOfThrowAway(name);
    if (pid === undefined) continue;
    const isInUse = pid !== process.pid && (await readProcess(pid)) !== undefined;
    if (isInUse) continue;
    await removeReachableFolder(join(kithFolder, name, "postgres"));
    await removeFolder(join(kithFolder, name));
  }
}
