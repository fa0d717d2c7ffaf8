/** A command's connection to Kafka: waited for, and closed whatever becomes of the command. */
import { closeKafka, connectKafka, type KafkaClient, readClusterId } from "@kith/kafka";
import { toKafkaSettings } from "@kith/service-kit";
import { awaitServer } from "./await-server.ts";
import type { Terminal } from "./terminal.ts";

/** Waits until Kafka answers, then runs `work`. From then on the client's warnings are shown. */
export async function withKafka<T>(
  config: Parameters<typeof toKafkaSettings>[0],
  terminal: Terminal,
  work: (kafka: KafkaClient) => Promise<T>,
): Promise<T> {
  let isConnected = false;
  const client = connectKafka({
    ...toKafkaSettings(config, "kith-cli"),
    // While nobody answers the client has a lot to say, and all of it is in the error that ends the wait.
    onLog: ({ level, message, details }) => {
      if (isConnected && level === "warn") terminal.warn(`warning: ${message} ${JSON.stringify(details)}`);
    },
  });
  try {
    await awaitServer({
      name: `Kafka at ${config.KAFKA_BROKERS.join(", ")}`,
      ask: () => readClusterId(client),
      mayComeUp: () => true,
      ...terminal.wait,
      onWait: terminal.warn,
    });
    isConnected = true;
    return await work(client);
  } finally {
    await closeKafka(client);
  }
}
