/** A broker for one test alone, to be stopped, frozen and started again at the same address. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { chooseFreePort, kafkaJarsFolder, type RunningKafka, startKafka, throwAwayFolder } from "@kith/devstack";

/** The broker. What it has stored survives a stop, and goes with `remove`. */
export type OwnKafka = {
  readonly brokers: readonly string[];
  /** Starts it again and waits until it serves. */
  start(): Promise<void>;
  /** Ends it as its administrator would. */
  stop(): Promise<void>;
  /** SIGSTOP: connections stay open and nobody answers. */
  freeze(): Promise<void>;
  /** SIGCONT. */
  thaw(): Promise<void>;
  /** Ends it for good. */
  remove(): Promise<void>;
};

/** Starts it. Needs Java, whatever the tests' shared stack is. */
export async function startOwnKafka(): Promise<OwnKafka> {
  const port = await chooseFreePort();
  await mkdir(throwAwayFolder, { recursive: true });
  const folder = join(throwAwayFolder, `kafka-${port}`);
  const launch = (): Promise<RunningKafka> =>
    startKafka({ folder, jarsFolder: kafkaJarsFolder, port, isShortLived: true });
  const signal = async (name: NodeJS.Signals) => {
    process.kill(Number(await readFile(`${folder}.pid`, "utf8")), name);
  };
  let running: RunningKafka | undefined = await launch();

  return {
    brokers: [`127.0.0.1:${port}`],
    async start() {
      running ??= await launch();
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    async remove() {
      await running?.stop();
      running = undefined;
      await rm(throwAwayFolder, { recursive: true, force: true });
    },
  };
}
