/**
 * The servers of a rig and the roads to them: Kafka (one broker or three), Postgres, and for every service a proxy of its
 * own before each of them, so that a road can be cut for one service and not for the others.
 */
import { type KafkaCluster, type KafkaListener, newClusterId } from "@kith/devstack";
import { createKafkaTap } from "../proxy/kafka-tap.ts";
import { createPostgresTap, type RequestHook } from "../proxy/postgres-tap.ts";
import { startTcpProxy, type TcpProxy } from "../proxy/tcp-proxy.ts";
import { createKafkaNode, type KafkaNode } from "./kafka-node.ts";
import { choosePort } from "./ports.ts";
import { createPostgresServer, type PostgresServer } from "./postgres-server.ts";

/** The roads of one service. */
export type Roads = {
  /** One before each broker. */
  readonly kafka: readonly TcpProxy[];
  readonly postgres: TcpProxy;
  /** Asked about each request of the service to Postgres. */
  setHook(hook: RequestHook | undefined): void;
  hasHook(): boolean;
};

export type Servers = {
  readonly kafka: readonly KafkaNode[];
  readonly postgres: PostgresServer;
  /** Kafka past the proxies, for the rig itself. */
  readonly kafkaAddresses: readonly string[];
  /** Postgres for the rig itself: one address for all lives of the server. */
  databaseUrl(): string;
  roadsOf(label: string): Roads;
  remove(): Promise<void>;
};

export type ServersOptions = {
  readonly folder: string;
  readonly brokers: 1 | 3;
  /** Elsewhere than under `folder`: on a small disk. */
  readonly postgresFolder?: string;
  readonly kafkaFolder?: string;
  /** Who gets roads. */
  readonly labels: readonly string[];
};

const HEAP_MEGABYTES = { 1: 512, 3: 384 } as const;

export async function startServers(options: ServersOptions): Promise<Servers> {
  const { folder, brokers, labels, postgresFolder = folder, kafkaFolder = folder } = options;
  const nodeIds = Array.from({ length: brokers }, (_, index) => index + 1);
  const roads = new Map<string, Roads>();
  const rigRoad = await startTcpProxy({ name: "rig-postgres" });
  const postgres = createPostgresServer({
    folder: `${postgresFolder}/postgres`,
    onPort(port) {
      for (const proxy of [rigRoad, ...[...roads.values()].map((road) => road.postgres)]) proxy.setTarget(port);
    },
  });
  const listeners = new Map<number, KafkaListener[]>(nodeIds.map((id) => [id, []]));
  for (const label of labels) roads.set(label, await buildRoads(label, listeners));

  const cluster = brokers === 1 ? undefined : await planCluster(nodeIds);
  const kafka: KafkaNode[] = [];
  for (const id of nodeIds) {
    kafka.push(
      createKafkaNode({
        name: `kafka-${id}`,
        folder: `${kafkaFolder}/kafka-${id}`,
        port: await choosePort(),
        listeners: listeners.get(id)!,
        cluster: cluster && { ...cluster, nodeId: id },
        heapMegabytes: HEAP_MEGABYTES[brokers],
      }),
    );
  }

  async function remove(): Promise<void> {
    await Promise.all([postgres.remove(), ...kafka.map((node) => node.kill9())]);
    for (const road of roads.values()) for (const proxy of [road.postgres, ...road.kafka]) await proxy.close();
    await rigRoad.close();
  }

  const starts = await Promise.allSettled([postgres.start(), ...kafka.map((node) => node.start())]);
  const failed = starts.find((start) => start.status === "rejected");
  if (failed !== undefined) {
    await remove();
    throw failed.reason;
  }
  return {
    kafka,
    postgres,
    kafkaAddresses: kafka.map(({ address }) => address),
    databaseUrl: () => withPort(postgres.url(), rigRoad.port),
    roadsOf: (label) => roads.get(label)!,
    remove,
  };
}

async function buildRoads(label: string, listeners: Map<number, KafkaListener[]>): Promise<Roads> {
  let hook: RequestHook | undefined;
  const postgres = await startTcpProxy({
    name: `${label}-postgres`,
    createTap: (link) => createPostgresTap(link, () => hook),
  });
  const kafka: TcpProxy[] = [];
  for (const [id, known] of listeners) {
    const proxy = await startTcpProxy({ name: `${label}-kafka-${id}`, createTap: createKafkaTap });
    const port = await choosePort();
    proxy.setTarget(port);
    // Kafka's names of listeners are upper-case letters and digits.
    known.push({ name: label.toUpperCase().replaceAll("-", ""), port, advertisedPort: proxy.port });
    kafka.push(proxy);
  }
  return {
    kafka,
    postgres,
    setHook(next) {
      hook = next;
    },
    hasHook: () => hook !== undefined,
  };
}

async function planCluster(nodeIds: readonly number[]): Promise<Omit<KafkaCluster, "nodeId">> {
  const controllerPorts: Record<number, number> = {};
  for (const id of nodeIds) controllerPorts[id] = await choosePort();
  return { clusterId: newClusterId(), controllerPorts, replicas: nodeIds.length, minInSync: 2 };
}

/** The same address with another port. */
export function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}
