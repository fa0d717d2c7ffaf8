/** The test stack in Docker: the official images, so that the same suites run against them. */
import { connect } from "node:net";
import { GenericContainer, type StartedTestContainer, Wait } from "testcontainers";
import { KAFKA_VERSION } from "./fetch-kafka.ts";
import { chooseFreePort } from "./free-port.ts";
import type { Say } from "./say.ts";
import type { TestStack } from "./test-stack.ts";

const STARTUP_LIMIT_MS = 120_000;
const PASSWORD = "kith";

/** Starts both containers. If we are killed, testcontainers' reaper removes them. */
export async function startContainers(say: Say): Promise<TestStack> {
  say("Postgres and Kafka: starting containers …");
  const postgres = await startPostgresContainer();
  try {
    const kafka = await startKafkaContainer(postgres.host);
    return {
      databaseUrl: `postgresql://kith:${PASSWORD}@${postgres.host}:${postgres.port}/kith`,
      kafkaBrokers: `${kafka.host}:${kafka.port}`,
      async stop() {
        await Promise.all([postgres.container.stop(), kafka.container.stop()]);
      },
    };
  } catch (error) {
    await postgres.container.stop();
    throw error;
  }
}

type Started = { readonly container: StartedTestContainer; readonly host: string; readonly port: number };

async function startPostgresContainer(): Promise<Started> {
  const container = await new GenericContainer("postgres:18")
    .withEnvironment({ POSTGRES_USER: "kith", POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: "kith" })
    .withCommand(["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=100"])
    .withExposedPorts(5432)
    // The first of the two lines is of the server that only runs the set-up.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .withStartupTimeout(STARTUP_LIMIT_MS)
    .start();
  const port = container.getMappedPort(5432);
  // Inside a container, testcontainers takes the bridge's address even where loopback would do.
  const host = (await isListening("127.0.0.1", port)) ? "127.0.0.1" : container.getHost();
  return { container, host, port };
}

async function startKafkaContainer(host: string): Promise<Started> {
  // The broker tells clients where to find it, so the port on our side must be known before it starts.
  const port = await chooseFreePort();
  const container = await new GenericContainer(`apache/kafka:${KAFKA_VERSION}`)
    .withEnvironment({
      KAFKA_NODE_ID: "1",
      KAFKA_PROCESS_ROLES: "broker,controller",
      KAFKA_LISTENERS: "PLAINTEXT://0.0.0.0:9092,INTERNAL://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093",
      // The broker also connects to itself, for transactions, and cannot reach the port on our side.
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${host}:${port},INTERNAL://127.0.0.1:9094`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
      KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
      KAFKA_INTER_BROKER_LISTENER_NAME: "INTERNAL",
      KAFKA_CONTROLLER_QUORUM_VOTERS: "1@127.0.0.1:9093",
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: "1",
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
      KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: "1",
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: "1",
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: "1",
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_NUM_PARTITIONS: "1",
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
    })
    .withExposedPorts({ container: 9092, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(STARTUP_LIMIT_MS)
    .start();
  return { container, host, port };
}

function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const settle = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket
      .once("connect", () => settle(true))
      .once("timeout", () => settle(false))
      .once("error", () => settle(false));
  });
}
