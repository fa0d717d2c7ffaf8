/** Starts the embedded Apache Kafka on free loopback ports: the classes of its jars, called without shell scripts. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { awaitCoordinators } from "./await-coordinators.ts";
import { findClassArchive } from "./class-archive.ts";
import { endOldServer } from "./end-old-server.ts";
import { fetchKafka } from "./fetch-kafka.ts";
import { formatKafka, type ScramUser } from "./format-kafka.ts";
import { chooseFreePort } from "./free-port.ts";
import { inspectJava } from "./java.ts";
import { type KafkaCluster, type KafkaListener, kafkaProperties } from "./kafka-properties.ts";
import { removeFolder } from "./remove-folder.ts";
import { readLogEnd, startGuardedServer } from "./run-guarded.ts";
import { type Say, sayNothing } from "./say.ts";

/** Where the data and the jars lie. */
export type KafkaOptions = {
  /** Holds data and settings; the log and the process id lie beside it. One broker per folder at a time: the caller's business. */
  readonly folder: string;
  /** Holds the jars of one or more versions; shared by everything in a clone. */
  readonly jarsFolder: string;
  readonly heapMegabytes?: number;
  /** Where the broker listens; a free port by default. The same one again lets clients find a broker that was stopped. */
  readonly port?: number;
  /** More doors, each behind a proxy. */
  readonly listeners?: readonly KafkaListener[];
  /** Makes it one node of several. Its controller listens where the cluster says. */
  readonly cluster?: KafkaCluster;
  /** Settings of the broker beyond ours, and users of SASL/SCRAM that it knows from its first start. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly scramUsers?: readonly ScramUser[];
  /** For the brokers of tests: compiled quickly and not well, they take a third less processor time to start. Default false. */
  readonly isShortLived?: boolean;
  /** Removes the folder when the broker ends, in whatever way. Default false. */
  readonly isThrowAway?: boolean;
  readonly say?: Say;
};

/** A running broker. */
export type RunningKafka = {
  /** For KAFKA_BROKERS. */
  readonly brokers: string;
  readonly pid: number;
  /** Settles when the broker is gone, whoever ended it. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
};

const STOP_LIMIT_SECONDS = 20;
const READY_LIMIT_MS = 90_000;
const ENDED_BY_TERM = 143;
const COMPILE_QUICKLY = "-XX:TieredStopAtLevel=1";
const javaFlags = [
  "-XX:+UseSerialGC",
  "-XX:+ExitOnOutOfMemoryError",
  "-Djava.awt.headless=true",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
  "-Dorg.slf4j.simpleLogger.showDateTime=true",
  "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
  "-Dorg.slf4j.simpleLogger.showThreadName=false",
];

/** Starts the broker, making or repairing its data first; resolves when producers and consumer groups are served. */
export async function startKafka(options: KafkaOptions): Promise<RunningKafka> {
  const {
    folder,
    jarsFolder,
    heapMegabytes = 256,
    isThrowAway = false,
    isShortLived = false,
    say = sayNothing,
  } = options;
  const java = await inspectJava();
  const jars = await fetchKafka(jarsFolder, say);
  const classPath = join(jars, "*");
  const classes = await findClassArchive(jars, java.version);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const propertiesFile = join(folder, "server.properties");
  const guardOptions = {
    name: "Kafka",
    stopSignal: "TERM",
    stopLimitSeconds: STOP_LIMIT_SECONDS,
    logFile: `${folder}.log`,
    pidFile: `${folder}.pid`,
    marker: `kafka.Kafka ${propertiesFile}`,
  } as const;
  await endOldServer(guardOptions);
  const { cluster, listeners = [], settings, scramUsers } = options;
  const controllerPort = cluster?.controllerPorts[cluster.nodeId] ?? (await chooseFreePort());
  const ports = { brokerPort: options.port ?? (await chooseFreePort()), controllerPort, listeners, cluster, settings };
  const formatFlags = [...javaFlags, ...classes.useFlags];
  const tool = { java: java.program, javaFlags: formatFlags, classPath };
  const data = await formatKafka({ ...tool, folder, ports, scramUsers, say });
  await writeFile(propertiesFile, kafkaProperties(data, ports));
  const compileFlags = isShortLived ? [COMPILE_QUICKLY] : [];
  const brokerFlags = [...javaFlags, ...compileFlags, ...classes.brokerFlags, `-Xmx${heapMegabytes}m`];
  const server = await startGuardedServer({
    ...guardOptions,
    command: java.program,
    args: [...brokerFlags, "-cp", classPath, "kafka.Kafka", propertiesFile],
    cwd: folder,
    // Services that lose their parent too still commit and leave their group.
    orphanSeconds: isThrowAway ? 0 : 3,
    throwAwayFolder: isThrowAway ? folder : undefined,
  });
  const deadline = Date.now() + READY_LIMIT_MS;
  const isOver = () => server.hasExited() || Date.now() > deadline;
  if (!(await awaitCoordinators(ports.brokerPort, cluster === undefined, isOver))) {
    await server.stop();
    throw new Error(`Kafka did not get ready.\n${await readLogEnd(guardOptions.logFile)}`);
  }
  return {
    brokers: `127.0.0.1:${ports.brokerPort}`,
    pid: server.pid,
    exited: server.exited.then(() => {}),
    async stop() {
      await server.stop();
      if ((await server.exited) === ENDED_BY_TERM) await classes.keep();
      if (isThrowAway) await removeFolder(folder);
    },
  };
}
