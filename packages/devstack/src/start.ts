/**
 * `pnpm start`: the whole of Kith on this machine, with nothing to set up. Starts what is not given by the environment,
 * prepares database and topics, runs the three services, and ends all of it when it is told to or its parent is gone.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { migrateToLatest } from "@kith/database";
import { closeKafka, connectKafka, ensureTopics } from "@kith/kafka";
import { ConfigError } from "@kith/service-kit";
import { PrerequisiteError } from "./java.ts";
import { kafkaJarsFolder, kithFolder } from "./kith-folder.ts";
import { stopAllGuarded } from "./run-guarded.ts";
import { type RunningServices, runServices } from "./run-services.ts";
import { sayOnStdout as say } from "./say.ts";
import { removeStackFile, type StackAddresses, writeStackFile } from "./stack-file.ts";
import { startKafka } from "./start-kafka.ts";
import { takeStartLock } from "./start-lock.ts";
import { startPostgres } from "./start-postgres.ts";
import { checkServicePorts, readStartSettings, StartError, type StartSettings } from "./start-settings.ts";
import { watchParents } from "./watch-parents.ts";

/** What must be undone, in groups: services first, then servers, then the traces of this run. */
type Teardown = { services: Stop[]; servers: Stop[]; traces: Stop[] };
type Stop = () => Promise<void>;

// Services that lost their parent close within 10 s.
const PORTS_AFTER_CRASH_MS = 15_000;

const startedAt = Date.now();
const teardown: Teardown = { services: [], servers: [], traces: [] };
const stopRequest = Promise.withResolvers<string>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopRequest.resolve(signal));
// Whoever read our output is gone; that alone is no reason to stop.
process.stdout.on("error", () => {});
await watchParents(() => stopRequest.resolve("the parent process is gone"));

const failure = await Promise.race([stopRequest.promise.then(() => undefined), run(teardown).catch((error) => error)]);
if (failure === undefined) say(`stopping (${await stopRequest.promise}) …`);
else process.stderr.write(`kith  ${describe(failure)}\n`);
await tearDown(teardown);
if (failure === undefined) say("stopped");
process.exit(failure === undefined ? 0 : 1);

/** Starts everything, then returns the reason why it cannot go on. */
async function run({ services, servers, traces }: Teardown): Promise<Error> {
  const settings = await readStartSettings();
  await mkdir(kithFolder, { recursive: true });
  const lock = await takeStartLock(join(kithFolder, "start.lock"), "devstack/src/start.ts");
  traces.push(lock.release, removeStackFile);
  await removeStackFile();
  await awaitServicePorts(settings, lock.isAfterCrash ? PORTS_AFTER_CRASH_MS : 0);

  const [database, kafka] = await Promise.all([prepareDatabase(settings, servers), prepareKafka(settings, servers)]);
  say("starting the services …");
  const running = runServices({ ...settings, databaseUrl: database.url, kafkaBrokers: kafka.brokers });
  services.push(running.stop);
  const ended = Promise.race([running.firstEnd, database.ended, kafka.ended]);
  const reason = await Promise.race([running.ready(), ended]);
  if (reason !== undefined) return new StartError(reason);
  const addresses = { databaseUrl: database.url, kafkaBrokers: kafka.brokers, ...running.urls };
  await writeStackFile(addresses);
  announce(addresses, running, settings);
  return new StartError(await ended);
}

async function prepareDatabase(
  settings: StartSettings,
  servers: Stop[],
): Promise<{ url: string; ended: Promise<string> }> {
  let [url, ended] = [settings.databaseUrl, new Promise<string>(() => {})];
  if (url === undefined) {
    say("Postgres: starting …");
    const postgres = await startPostgres({ folder: join(kithFolder, "postgres"), say });
    servers.push(postgres.stop);
    url = postgres.url;
    ended = postgres.exited.then(() => `Postgres ended; see ${join(kithFolder, "postgres.log")}`);
  }
  const applied = await migrateToLatest({ url, schema: settings.databaseSchema });
  say(applied.length === 0 ? "Postgres: ready" : `Postgres: ready, migrated (${applied.join(", ")})`);
  return { url, ended };
}

async function prepareKafka(
  settings: StartSettings,
  servers: Stop[],
): Promise<{ brokers: string; ended: Promise<string> }> {
  let [brokers, ended] = [settings.kafkaBrokers, new Promise<string>(() => {})];
  if (brokers === undefined) {
    say("Kafka: starting …");
    const kafka = await startKafka({
      folder: join(kithFolder, "kafka"),
      jarsFolder: kafkaJarsFolder,
      heapMegabytes: 384,
      say,
    });
    servers.push(kafka.stop);
    brokers = kafka.brokers;
    ended = kafka.exited.then(() => `Kafka ended; see ${join(kithFolder, "kafka.log")}`);
  }
  const client = connectKafka(settings.kafkaConnection(brokers));
  try {
    const { topicPrefix: prefix, orderIdentityRetentionMs, replicationFactor } = settings;
    await ensureTopics(client, { prefix, orderIdentityRetentionMs, replicationFactor });
  } finally {
    await closeKafka(client);
  }
  say("Kafka: ready");
  return { brokers, ended };
}

/** After a crash the services of the last run may still be closing; otherwise a taken port is somebody else's. */
async function awaitServicePorts(settings: StartSettings, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await checkServicePorts(settings);
    } catch (error) {
      if (!(error instanceof StartError) || Date.now() > deadline) throw error;
      await delay(200);
    }
  }
}

function announce(addresses: StackAddresses, { urls }: RunningServices, { databaseUrl }: StartSettings): void {
  say("");
  say(`ready in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  say(`  ingress     ${urls.ingress}`);
  say(`  query       ${urls.query}`);
  say(`  reconciler  ${urls.reconciler}`);
  say(`  Postgres    ${databaseUrl === undefined ? addresses.databaseUrl : "as DATABASE_URL says"}`);
  say(`  Kafka       ${addresses.kafkaBrokers}`);
  say("");
  say("Try it:");
  say(`  curl -s ${urls.ingress}/api/identify -H 'content-type: application/json' \\`);
  say(`    -d '{"email":"lorraine@hillvalley.edu","phoneNumber":"123456"}'`);
  say("");
  say(`Ctrl-C stops everything; the data stay in ${kithFolder}`);
}

async function tearDown({ services, servers, traces }: Teardown): Promise<void> {
  await removeStackFile();
  for (const group of [services, servers, [stopAllGuarded], traces]) {
    // One that fails must not keep the others running.
    for (const result of await Promise.allSettled(group.map((stop) => stop()))) {
      if (result.status === "rejected") process.stderr.write(`kith  while stopping: ${describe(result.reason)}\n`);
    }
  }
}

/** What the user can act on is told in its own words; everything else with its trace. */
function describe(error: unknown): string {
  const isForUser = error instanceof StartError || error instanceof PrerequisiteError || error instanceof ConfigError;
  if (isForUser) return error.message;
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `\n  because: ${error.cause.stack}` : "";
  return `${error.stack}${cause}`;
}
