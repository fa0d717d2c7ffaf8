/**
 * The environment variables that more than one service reads, as shapes to spread into the service's own zod object.
 * Every piece has a description: it is what a user is told when the value is missing or wrong.
 */
import { z } from "zod";
import { accessEnv } from "./api-keys/access-config.ts";
import type { Logger } from "./create-logger.ts";

/** A topic name has at most 249 characters, and the longest of ours takes 26. */
const TOPIC_PREFIX = /^[A-Za-z0-9._-]{0,200}$/;
/** Goes into SQL as an identifier, so it is kept to what needs no quoting. */
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** An integer between two bounds, written in decimal. */
export function integerEnv(min: number, max: number) {
  return z
    .string()
    .regex(/^[0-9]{1,16}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max));
}

/** `true` or `false`. */
export function booleanEnv() {
  return z.enum(["true", "false"]).transform((value) => value === "true");
}

/** A base URL without a trailing slash. */
export function urlEnv() {
  return z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ""));
}

/** `LOG_LEVEL`. */
export const logEnv = {
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("fatal, error, warn, info, debug, trace or silent"),
};

/** The port a service listens on; 0 takes a free one. */
export function portEnv(defaultPort: number) {
  return integerEnv(0, 65_535).default(defaultPort).describe("a port between 0 and 65535; 0 takes a free one");
}

/** `HOST`, `PORT`, and who gets in: `API_KEYS_FILE`, `ALLOW_OPEN`. Every service has its own default port: spread this, then say `PORT: portEnv(3000)`. */
export const httpEnv = {
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]{1,253}$/)
    .default("127.0.0.1")
    .describe("an address or host name to listen on"),
  PORT: portEnv(0),
  ...accessEnv,
};

type KafkaLogLevel = "error" | "warn" | "info" | "debug";

/** Where the Kafka client's own log goes: into the service's. */
export function logKafka(logger: Pick<Logger, KafkaLogLevel>) {
  return ({ level, message, details }: { level: KafkaLogLevel; message: string; details: Record<string, unknown> }) =>
    logger[level]({ kafka: details }, message);
}

/** `TOPIC_PREFIX`, put before the name of each topic verbatim. */
export const topicEnv = {
  TOPIC_PREFIX: z
    .string()
    .regex(TOPIC_PREFIX)
    .default("")
    .describe("at most 200 letters, digits, dots, underscores and hyphens"),
};

/** How to reach Postgres: `DATABASE_URL`, `DATABASE_SCHEMA`. */
export const databaseEnv = {
  DATABASE_URL: z
    .url({ protocol: /^postgres(?:ql)?$/, hostname: /^.*$/ })
    .describe("a URL such as postgres://user:password@host:5432/database"),
  DATABASE_SCHEMA: z
    .string()
    .regex(SCHEMA_NAME)
    .default("kith")
    .describe("a schema name of lower-case letters, digits and underscores"),
};

/** How the topics are made, where they are made: `ORDER_IDENTITY_RETENTION_MS`, `KAFKA_REPLICATION_FACTOR`. */
export const topicLayoutEnv = {
  ORDER_IDENTITY_RETENTION_MS: integerEnv(60_000, Number.MAX_SAFE_INTEGER)
    .default(30 * 24 * 3_600_000)
    .describe("milliseconds to keep observations, at least 60000"),
  KAFKA_REPLICATION_FACTOR: integerEnv(1, 15).default(1).describe("copies of every partition, 1 to 15"),
};

/** `RECEIPT_SECRET`, from which receipts get their MAC. By default it is made from the Kafka cluster's id. */
export const receiptEnv = {
  RECEIPT_SECRET: z.string().min(16).max(1024).optional().describe("a secret of 16 to 1024 characters"),
};

/** How identifiers become canonical: `PHONE_DEFAULT_REGION`, `PHONE_STRICT`, `JUNK_FILE`. */
export const canonicalEnv = {
  PHONE_DEFAULT_REGION: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional()
    .describe("an ISO 3166-1 alpha-2 code in upper case, such as US"),
  PHONE_STRICT: booleanEnv().default(false).describe("true or false"),
  JUNK_FILE: z.string().max(4_096).optional().describe("the path of a JSON file"),
};
