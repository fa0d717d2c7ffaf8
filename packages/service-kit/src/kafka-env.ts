/** How Kafka is reached, from the environment: brokers, TLS, and who we are. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { booleanEnv } from "./env-pieces.ts";
import { ConfigError } from "./load-config.ts";

const BROKER = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}$/;
const BROKERS_MAX = 64;
const pemFileEnv = (what: string) => z.string().max(4_096).optional().describe(`the path of a PEM file with ${what}`);

/** `KAFKA_BROKERS`, `KAFKA_SSL`, `KAFKA_SSL_*_FILE`, `KAFKA_SASL_*`. */
export const kafkaEnv = {
  KAFKA_BROKERS: z
    .string()
    .transform((value) => value.split(",").map((broker) => broker.trim()))
    .pipe(z.array(z.string().regex(BROKER)).min(1).max(BROKERS_MAX))
    .describe("a comma-separated list of host:port"),
  KAFKA_SSL: booleanEnv().default(false).describe("true or false"),
  KAFKA_SSL_CA_FILE: pemFileEnv("the certificates to trust"),
  KAFKA_SSL_CERT_FILE: pemFileEnv("our own certificate"),
  KAFKA_SSL_KEY_FILE: pemFileEnv("our own private key"),
  KAFKA_SASL_MECHANISM: z
    .enum(["plain", "scram-sha-256", "scram-sha-512"])
    .optional()
    .describe("plain, scram-sha-256 or scram-sha-512"),
  KAFKA_SASL_USERNAME: z.string().optional().describe("a user name"),
  KAFKA_SASL_PASSWORD: z.string().optional().describe("a password"),
};
const kafkaObject = z.object(kafkaEnv);
type KafkaConfig = z.output<typeof kafkaObject>;

/** Connection settings in the form packages/kafka takes them. */
export type KafkaConnection = {
  brokers: readonly string[];
  clientId: string;
  /** Certificates and key are PEM. The broker's certificate and name are always verified. */
  ssl: boolean | { ca?: string; cert?: string; key?: string };
  sasl?: { mechanism: "plain" | "scram-sha-256" | "scram-sha-512"; username: string; password: string };
};

/** The Kafka settings of a configuration made with {@link kafkaEnv}. Throws a ConfigError where they do not fit together. */
export function toKafkaSettings(config: KafkaConfig, clientId: string): KafkaConnection {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config;
  const settings: KafkaConnection = { brokers: config.KAFKA_BROKERS, clientId, ssl: toTls(config) };
  if (mechanism !== undefined && username !== undefined && password !== undefined) {
    return { ...settings, sasl: { mechanism, username, password } };
  }
  if (mechanism !== undefined || username !== undefined || password !== undefined) {
    refuse("KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD: expected all three or none");
  }
  return settings;
}

function toTls(config: KafkaConfig): KafkaConnection["ssl"] {
  const { KAFKA_SSL: isOn, KAFKA_SSL_CA_FILE: ca, KAFKA_SSL_CERT_FILE: cert, KAFKA_SSL_KEY_FILE: key } = config;
  const isSet = [ca, cert, key].some((file) => file !== undefined);
  if (!isSet) return isOn;
  if (!isOn) refuse("KAFKA_SSL: expected true, because a KAFKA_SSL_*_FILE is set");
  if ((cert === undefined) !== (key === undefined)) {
    refuse("KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE: expected both or none");
  }
  return {
    ...(ca !== undefined && { ca: readPem("KAFKA_SSL_CA_FILE", ca) }),
    ...(cert !== undefined && { cert: readPem("KAFKA_SSL_CERT_FILE", cert) }),
    ...(key !== undefined && { key: readPem("KAFKA_SSL_KEY_FILE", key) }),
  };
}

function readPem(variable: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    refuse(`${variable}: the file cannot be read (${code})`, error);
  }
}

function refuse(what: string, cause?: unknown): never {
  throw new ConfigError(`The configuration cannot be used:\n  ${what}`, { cause });
}
