/** The settings of the embedded broker: a node that is broker and controller, on loopback; one of one or of several. */

/** One more door to the broker: it listens on `port` and tells clients to come to `advertisedPort`, where a proxy is. */
export type KafkaListener = {
  readonly name: string;
  readonly port: number;
  readonly advertisedPort: number;
  /** PLAINTEXT unless said. */
  readonly protocol?: "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
};

/** What makes a node one of several. All nodes of a cluster are given the same id, voters and number of replicas. */
export type KafkaCluster = {
  readonly nodeId: number;
  /** 22 characters of base64url. */
  readonly clusterId: string;
  /** The controller's port of each node by its id. */
  readonly controllerPorts: Readonly<Record<number, number>>;
  readonly replicas: number;
  readonly minInSync: number;
};

/** Where the node listens, and with whom. */
export type KafkaPorts = {
  readonly brokerPort: number;
  readonly controllerPort: number;
  readonly listeners?: readonly KafkaListener[];
  readonly cluster?: KafkaCluster | undefined;
  /** The broker's own names; those that are set here give way. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
};

/** The text of a server.properties. */
export function kafkaProperties(dataFolder: string, ports: KafkaPorts): string {
  const { brokerPort, controllerPort, listeners = [], cluster, settings: ownSettings } = ports;
  const nodeId = cluster?.nodeId ?? 1;
  const voters = Object.entries(cluster?.controllerPorts ?? { [nodeId]: controllerPort });
  const replicas = cluster?.replicas ?? 1;
  const minInSync = cluster?.minInSync ?? 1;
  const own: KafkaListener = { name: "PLAINTEXT", port: brokerPort, advertisedPort: brokerPort };
  const doors = [own, ...listeners];
  const protocols = doors.map(({ name, protocol = "PLAINTEXT" }) => `${name}:${protocol}`);
  const at = (name: string, port: number) => `${name}://127.0.0.1:${port}`;
  const settings: Record<string, string | number | boolean> = {
    "process.roles": "broker,controller",
    "node.id": nodeId,
    "controller.quorum.voters": voters.map(([id, port]) => `${id}@127.0.0.1:${port}`).join(","),
    listeners: [...doors.map(({ name, port }) => at(name, port)), at("CONTROLLER", controllerPort)].join(","),
    "advertised.listeners": doors.map(({ name, advertisedPort }) => at(name, advertisedPort)).join(","),
    "listener.security.protocol.map": [...protocols, "CONTROLLER:PLAINTEXT"].join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": dataFolder,
    "auto.create.topics.enable": false,
    "default.replication.factor": replicas,
    "min.insync.replicas": minInSync,
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": minInSync,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": minInSync,
    "share.coordinator.state.topic.num.partitions": 1,
    // A group of one process need not wait for others to join.
    "group.initial.rebalance.delay.ms": 0,
    // Sized for one machine: the default cleaner buffer alone is 128 MB of heap.
    "log.cleaner.dedupe.buffer.size": 33_554_432,
    // For each listener.
    "num.network.threads": listeners.length > 0 ? 1 : 2,
    "num.io.threads": 4,
    "background.threads": 2,
    ...ownSettings,
  };
  // Backslash begins an escape in a properties file.
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${String(value).replaceAll("\\", "\\\\")}\n`)
    .join("");
}
