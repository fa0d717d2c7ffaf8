/** One broker of the rig: it can be stopped, killed, frozen and started again with the same data and addresses. */
import { type KafkaCluster, type KafkaListener, kafkaJarsFolder, type RunningKafka, startKafka } from "@kith/devstack";
import { createInTurn } from "./in-turn.ts";
import { signalProcess } from "./signal-process.ts";
import { startAgain } from "./start-again.ts";

export type KafkaNode = {
  readonly name: string;
  /** Past every proxy. */
  readonly address: string;
  readonly listeners: readonly KafkaListener[];
  pid(): number | undefined;
  start(): Promise<void>;
  /** As its administrator would. */
  stop(): Promise<void>;
  kill9(): Promise<void>;
  /** The broker ended although nobody asked it to. */
  hasEndedByItself(): boolean;
};

export type KafkaNodeOptions = {
  readonly name: string;
  readonly folder: string;
  readonly port: number;
  readonly listeners: readonly KafkaListener[];
  readonly cluster?: KafkaCluster | undefined;
  readonly heapMegabytes: number;
};

/** A killed broker is let in again when its last session is over: by default nine seconds in which nothing is tried. */
const SETTINGS = { "broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "500" };

export function createKafkaNode(options: KafkaNodeOptions): KafkaNode {
  const { name, folder, port, listeners, cluster, heapMegabytes } = options;
  let running: RunningKafka | undefined;

  const inTurn = createInTurn();

  async function start(): Promise<void> {
    if (running !== undefined) return;
    const started = await startAgain(() =>
      startKafka({
        folder,
        jarsFolder: kafkaJarsFolder,
        port,
        listeners,
        heapMegabytes,
        settings: SETTINGS,
        ...(cluster === undefined ? {} : { cluster }),
      }),
    );
    running = started;
    void started.exited.then(() => {
      if (running === started) running = undefined;
    });
  }

  async function stop(): Promise<void> {
    const stopping = running;
    await stopping?.stop();
    running = undefined;
  }

  async function kill9(): Promise<void> {
    const killed = running;
    if (killed === undefined) return;
    signalProcess(killed.pid, "SIGKILL");
    await killed.exited;
    running = undefined;
  }

  return {
    name,
    address: `127.0.0.1:${port}`,
    listeners,
    pid: () => running?.pid,
    start: () => inTurn(start),
    stop: () => inTurn(stop),
    kill9: () => inTurn(kill9),
    hasEndedByItself: () => running === undefined,
  };
}
