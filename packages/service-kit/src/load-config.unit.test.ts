import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { canonicalEnv, databaseEnv, httpEnv, logEnv, portEnv, receiptEnv, topicEnv, urlEnv } from "./env-pieces.ts";
import { kafkaEnv, toKafkaSettings } from "./kafka-env.ts";
import { ConfigError, type Environment, loadConfig } from "./load-config.ts";

const everything = z.object({
  ...kafkaEnv,
  ...topicEnv,
  ...databaseEnv,
  ...httpEnv,
  ...logEnv,
  ...receiptEnv,
  ...canonicalEnv,
  PORT: portEnv(3000),
  QUERY_URL: urlEnv().default("http://127.0.0.1:3001").describe("a base URL"),
});
const least = { KAFKA_BROKERS: "127.0.0.1:9092", DATABASE_URL: "postgres://kith:hunter2secret@127.0.0.1:5432/kith" };

function failure(env: Environment): ConfigError {
  try {
    loadConfig(everything, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("expected a ConfigError");
}

describe("loadConfig", () => {
  it("fills in the defaults", () => {
    const config = loadConfig(everything, least);
    expect(config).toMatchObject({
      KAFKA_BROKERS: ["127.0.0.1:9092"],
      KAFKA_SSL: false,
      TOPIC_PREFIX: "",
      DATABASE_SCHEMA: "kith",
      HOST: "127.0.0.1",
      PORT: 3000,
      LOG_LEVEL: "info",
      PHONE_STRICT: false,
      QUERY_URL: "http://127.0.0.1:3001",
    });
    expect(config.RECEIPT_SECRET).toBeUndefined();
  });

  it("takes an empty variable for an unset one", () => {
    expect(loadConfig(everything, { ...least, PORT: "", RECEIPT_SECRET: "", JUNK_FILE: "" }).PORT).toBe(3000);
    expect(failure({ ...least, KAFKA_BROKERS: "" }).message).toContain("KAFKA_BROKERS is not set");
  });

  it("names every variable at fault in one message, with what is expected", () => {
    const { message, exitCode } = failure({ PORT: "http", DATABASE_URL: "mysql://kith:hunter2secret@db/kith" });
    expect(exitCode).toBe(78);
    expect(message).toContain("KAFKA_BROKERS is not set: expected a comma-separated list of host:port");
    expect(message).toContain("PORT is not valid: expected a port");
    expect(message).toContain("DATABASE_URL is not valid: expected a URL such as postgres://");
  });

  it.each([
    ["a broker without a port", { KAFKA_BROKERS: "s3cret-value" }],
    ["an empty broker", { KAFKA_BROKERS: "a:1,,s3cret-value:2" }],
    ["a port above 65535", { PORT: "65536" }],
    ["a port with a sign", { PORT: "+80" }],
    ["a log level that does not exist", { LOG_LEVEL: "s3cret-value" }],
    ["a schema that would need quoting", { DATABASE_SCHEMA: 's3cret-value"; drop' }],
    ["a topic prefix Kafka refuses", { TOPIC_PREFIX: "s3cret-value/" }],
    ["a receipt secret that is too short", { RECEIPT_SECRET: "s3cret-value" }],
    ["a query URL of another protocol", { QUERY_URL: "ftp://s3cret-value" }],
    ["a boolean in words", { KAFKA_SSL: "s3cret-value" }],
    ["a region in lower case", { PHONE_DEFAULT_REGION: "us" }],
  ])("refuses %s and does not tell the value", (_what, env: Environment) => {
    const { message } = failure({ ...least, ...env });
    expect(message).toContain(Object.keys(env)[0]);
    expect(message).not.toContain("s3cret-value");
    expect(message).not.toContain("hunter2secret");
  });

  it("falls back to zod's words where a variable has no description", () => {
    expect(() => loadConfig(z.object({ N: z.coerce.number() }), { N: "s3cret-value" })).toThrow(
      /N is not valid: .*number/,
    );
  });

  it("takes the trailing slash off a base URL", () => {
    expect(loadConfig(everything, { ...least, QUERY_URL: "http://query:3001/" }).QUERY_URL).toBe("http://query:3001");
  });
});

describe("toKafkaSettings", () => {
  const settings = (env: Environment) => toKafkaSettings(loadConfig(everything, { ...least, ...env }), "kith-test");

  it("leaves out SASL where none is set", () => {
    expect(settings({ KAFKA_BROKERS: "a:1, [::1]:2" })).toEqual({
      brokers: ["a:1", "[::1]:2"],
      clientId: "kith-test",
      ssl: false,
    });
  });

  it("takes the three SASL variables together", () => {
    const sasl = { KAFKA_SASL_MECHANISM: "scram-sha-512", KAFKA_SASL_USERNAME: "u", KAFKA_SASL_PASSWORD: "p" };
    expect(settings({ ...sasl, KAFKA_SSL: "true" })).toMatchObject({
      ssl: true,
      sasl: { mechanism: "scram-sha-512", username: "u", password: "p" },
    });
  });

  it("reads certificates and key from their files", () => {
    const folder = mkdtempSync(join(tmpdir(), "kith-pem-"));
    const files = Object.fromEntries(
      ["CA", "CERT", "KEY"].map((name) => [`KAFKA_SSL_${name}_FILE`, join(folder, name)]),
    );
    for (const path of Object.values(files)) writeFileSync(path, `pem of ${basename(path)}`);
    const { KAFKA_SSL_CA_FILE, KAFKA_SSL_KEY_FILE } = files as Record<string, string>;
    try {
      expect(settings({ KAFKA_SSL: "true", ...files })).toMatchObject({
        ssl: { ca: "pem of CA", cert: "pem of CERT", key: "pem of KEY" },
      });
      expect(settings({ KAFKA_SSL: "true", KAFKA_SSL_CA_FILE })).toMatchObject({ ssl: { ca: "pem of CA" } });
      expect(() => settings({ KAFKA_SSL_CA_FILE })).toThrow(/KAFKA_SSL: expected true/);
      expect(() => settings({ KAFKA_SSL: "true", KAFKA_SSL_KEY_FILE })).toThrow(
        /KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(() => settings({ KAFKA_SSL: "true", KAFKA_SSL_CA_FILE })).toThrow(ConfigError);
    expect(() => settings({ KAFKA_SSL: "true", KAFKA_SSL_CA_FILE })).toThrow(
      /KAFKA_SSL_CA_FILE: the file cannot be read \(ENOENT\)/,
    );
  });

  it("refuses some of them without the others", () => {
    expect(() => settings({ KAFKA_SASL_PASSWORD: "hunter2secret" })).toThrow(ConfigError);
    expect(() => settings({ KAFKA_SASL_PASSWORD: "hunter2secret" })).not.toThrow(/hunter2secret/);
  });
});
