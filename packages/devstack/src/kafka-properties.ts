/** The settings of the embedded broker: one node that is broker and controller, on loopback. */

/** Where the one node listens. */
export type KafkaPorts = { readonly brokerPort: number; readonly controllerPort: number };

/** The text of a server.properties. */
export function kafkaProperties(dataFolder: string, { brokerPort, controllerPort }: KafkaPorts): string {
  const settings: Record<string, string | number | boolean> = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${brokerPort}`,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": dataFolder,
    "auto.create.topics.enable": false,
    "default.replication.factor": 1,
    "min.insync.replicas": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    // A group of one process need not wait for others to join.
    "group.initial.rebalance.delay.ms": 0,
    // Sized for one machine: the default cleaner buffer alone is 128 MB of heap.
    "log.cleaner.dedupe.buffer.size": 33_554_432,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 2,
  };
  // Backslash begins an escape in a properties file.
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${String(value).replaceAll("\\", "\\\\")}\n`)
    .join("");
}
