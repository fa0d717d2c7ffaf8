/** What `pnpm start` reads from the environment; everything else goes to the services as it is. */
import {
  accessEnv,
  databaseEnv,
  httpEnv,
  type KafkaConnection,
  kafkaEnv,
  loadConfig,
  portEnv,
  refuseOpenListening,
  toKafkaSettings,
  topicEnv,
  topicLayoutEnv,
} from "@kith/service-kit";
import { z } from "zod";
import { chooseFreePort, isPortFree } from "./free-port.ts";

const { DATABASE_URL, DATABASE_SCHEMA } = databaseEnv;
const { KAFKA_BROKERS, ...kafkaSecurityEnv } = kafkaEnv;

const startSchema = z.object({
  DATABASE_URL: DATABASE_URL.optional(),
  DATABASE_SCHEMA,
  KAFKA_BROKERS: KAFKA_BROKERS.optional(),
  ...kafkaSecurityEnv,
  ...topicEnv,
  ...topicLayoutEnv,
  HOST: httpEnv.HOST,
  ...accessEnv,
  INGRESS_PORT: portEnv(3000),
  QUERY_PORT: portEnv(3001),
  RECONCILER_PORT: portEnv(3002),
});

/** The three services and the variables that hold their ports. */
export const serviceNames = ["ingress", "query", "reconciler"] as const;
export type ServiceName = (typeof serviceNames)[number];
export type ServicePorts = Readonly<Record<ServiceName, number>>;
const portVariables = { ingress: "INGRESS_PORT", query: "QUERY_PORT", reconciler: "RECONCILER_PORT" } as const;

/** The settings of one `pnpm start`. */
export type StartSettings = {
  /** Undefined: the embedded one is started. */
  readonly databaseUrl: string | undefined;
  readonly databaseSchema: string;
  readonly topicPrefix: string;
  readonly orderIdentityRetentionMs: number;
  readonly replicationFactor: number;
  readonly host: string;
  readonly ports: ServicePorts;
  /** Undefined: the embedded one is started. */
  readonly kafkaBrokers: string | undefined;
  /** How to reach Kafka, wherever it runs. */
  kafkaConnection(brokers: string): KafkaConnection;
};

/** The user must change something before a start can succeed. The message is for the user. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** Reads the settings; a port 0 becomes a free one. */
export async function readStartSettings(env: NodeJS.ProcessEnv = process.env): Promise<StartSettings> {
  const config = loadConfig(startSchema, env);
  refuseOpenListening(config);
  const given = [config.INGRESS_PORT, config.QUERY_PORT, config.RECONCILER_PORT];
  const [ingress = 0, query = 0, reconciler = 0] = await Promise.all(given.map((port) => port || chooseFreePort()));
  if (new Set([ingress, query, reconciler]).size < 3) {
    throw new StartError(`INGRESS_PORT, QUERY_PORT and RECONCILER_PORT must differ; they are ${given.join(", ")}.`);
  }
  return {
    databaseUrl: config.DATABASE_URL,
    databaseSchema: config.DATABASE_SCHEMA,
    topicPrefix: config.TOPIC_PREFIX,
    orderIdentityRetentionMs: config.ORDER_IDENTITY_RETENTION_MS,
    replicationFactor: config.KAFKA_REPLICATION_FACTOR,
    host: config.HOST,
    ports: { ingress, query, reconciler },
    kafkaBrokers: config.KAFKA_BROKERS?.join(","),
    kafkaConnection: (brokers) => toKafkaSettings({ ...config, KAFKA_BROKERS: brokers.split(",") }, "kith-devstack"),
  };
}

/** Throws a StartError that names the variable to set if a service could not listen. */
export async function checkServicePorts({ host, ports }: StartSettings): Promise<void> {
  for (const name of serviceNames) {
    if (await isPortFree(host, ports[name])) continue;
    throw new StartError(
      `Port ${ports[name]} of ${host}, meant for ${name}, is taken by another program. ` +
        `End that program, or set ${portVariables[name]} to another port.`,
    );
  }
}
