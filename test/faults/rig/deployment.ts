/**
 * One deployment of Kith in the rig: topics, a schema and the services, each on its own roads. An epoch of a campaign has
 * one; the next epoch begins with another, so that what has to be compared stays small.
 */
import { join } from "node:path";
import { type TopicNames, topicNames } from "@kith/contracts";
import { createDatabase, type Database, migrateToLatest } from "@kith/database";
import { closeKafka, connectKafka, ensureTopics, type KafkaClient } from "@kith/kafka";
import { deleteTopics, rowsOf } from "@kith/testkit/system";
import { PATIENCE_MS } from "./patience.ts";
import { choosePort } from "./ports.ts";
import { type Servers, withPort } from "./servers.ts";
import { createService, type Service, type ServiceName } from "./service.ts";

const INGRESSES = 2;
const RECONCILERS = 3;
/** As many as a rebalance may bring up. */
const RECONCILERS_MAX = 6;

/** Who has roads of its own. */
export const LABELS: readonly string[] = [
  "query-1",
  ...Array.from({ length: INGRESSES }, (_, index) => `ingress-${index + 1}`),
  ...Array.from({ length: RECONCILERS_MAX }, (_, index) => `reconciler-${index + 1}`),
];

const USUALLY: readonly string[] = LABELS.filter(
  (label) => !label.startsWith("reconciler") || Number(label.replace("reconciler-", "")) <= RECONCILERS,
);

export type Deployment = {
  readonly name: string;
  readonly schema: string;
  readonly topicPrefix: string;
  readonly topics: TopicNames;
  readonly services: readonly Service[];
  /** Who runs when nothing is wrong. */
  readonly usual: readonly Service[];
  readonly reconcilers: readonly Service[];
  readonly ingresses: readonly Service[];
  readonly query: Service;
  /** Of the rig, past every proxy. */
  readonly db: Database;
  readonly kafka: KafkaClient;
  /** Where an ingress reads how wrong its clock is, in milliseconds. */
  clockFileOf(service: Service): string;
  /** Services end. */
  end(): Promise<void>;
  /** Services end, the schema and the topics go. */
  remove(): Promise<void>;
};

export type DeploymentOptions = {
  readonly name: string;
  readonly servers: Servers;
  readonly folder: string;
  readonly onOwnEnd: (service: Service, code: number | null) => void;
  /** Who runs; default all but the reconcilers that only a rebalance brings up. */
  readonly running?: readonly string[];
};

const CLOCK = join(import.meta.dirname, "skewed-clock.ts");

export async function deploy(options: DeploymentOptions): Promise<Deployment> {
  const { name, servers, folder, onOwnEnd, running = USUALLY } = options;
  const schema = name.replaceAll("-", "_");
  const prefix = `${name}.`;
  const topics = topicNames(prefix);
  const url = servers.databaseUrl();
  await migrateToLatest({ url, schema });
  const { db, close } = createDatabase({ url, schema, role: "admin", poolMax: 6, applicationName: "kith-faults" });
  const kafka = connectKafka({ brokers: servers.kafkaAddresses, clientId: "kith-faults" });
  await ensureTopics(kafka, { prefix, replicationFactor: servers.kafka.length });

  const ports = new Map<string, number>();
  for (const label of LABELS) ports.set(label, await choosePort());
  const services = LABELS.map(make);
  const reconcilers = services.filter((service) => service.name === "reconciler");
  const ingresses = services.filter((service) => service.name === "ingress");
  const query = services.find((service) => service.name === "query")!;

  function clockFileOf({ label }: Service): string {
    return join(folder, `${label}.clock`);
  }

  function make(label: string): Service {
    const serviceName = label.replace(/-\d+$/, "") as ServiceName;
    const roads = servers.roadsOf(label);
    const clockFile = join(folder, `${label}.clock`);
    return createService({
      name: serviceName,
      label,
      port: ports.get(label)!,
      folder,
      onOwnEnd,
      nodeFlags: serviceName === "ingress" ? ["--import", CLOCK] : [],
      env: {
        DATABASE_URL: withPort(url, roads.postgres.port),
        DATABASE_SCHEMA: schema,
        KAFKA_BROKERS: roads.kafka.map((proxy) => `127.0.0.1:${proxy.port}`).join(","),
        TOPIC_PREFIX: prefix,
        GROUP_ID: `${name}-reconciler`,
        QUERY_URL: `http://127.0.0.1:${ports.get("query-1")}`,
        LOG_LEVEL: "info",
        FAULTS_CLOCK_FILE: clockFile,
      },
    });
  }

  async function end(): Promise<void> {
    await Promise.all(services.map((service) => service.gone()));
  }

  async function remove(): Promise<void> {
    await end();
    await rowsOf(db, `drop schema "${schema}" cascade`);
    await close();
    // The topics of a cluster go with it.
    if (servers.kafka.length === 1) await deleteTopics(kafka, Object.values(topics));
    await closeKafka(kafka);
  }

  const usual = services.filter(({ label }) => running.includes(label));
  for (const service of usual) service.up();
  await Promise.all(usual.map((service) => service.untilReady(PATIENCE_MS)));
  return {
    name,
    schema,
    topicPrefix: prefix,
    topics,
    services,
    usual,
    reconcilers,
    ingresses,
    query,
    db,
    kafka,
    clockFileOf,
    end,
    remove,
  };
}
