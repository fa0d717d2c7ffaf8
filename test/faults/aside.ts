/** Servers and a deployment of their own for one fault, beside those that are under load, with a check of their own. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { untilRead, untilSettled } from "./check/await-rest.ts";
import { checkRound } from "./check/check-round.ts";
import { type Epoch, openEpoch } from "./epoch.ts";
import { heal } from "./heal.ts";
import { LABELS } from "./rig/deployment.ts";
import { PATIENCE_MS } from "./rig/patience.ts";
import { type Servers, startServers } from "./rig/servers.ts";

export type Aside = {
  readonly servers: Servers;
  readonly epoch: Epoch;
  /** Heals, comes to rest and compares; answers what is wrong. */
  check(): Promise<string[]>;
  close(): Promise<void>;
};

export type AsideOptions = {
  readonly name: string;
  readonly dataFolder: string;
  readonly reportFolder: string;
  readonly postgresFolder?: string;
  readonly kafkaFolder?: string;
};

const RUNNING = ["query-1", "ingress-1", "ingress-2", "reconciler-1"];
const RATE = 300;

export async function openAside(options: AsideOptions): Promise<Aside> {
  const { name, dataFolder, reportFolder, postgresFolder = dataFolder, kafkaFolder = dataFolder } = options;
  const wrong: string[] = [];
  await mkdir(reportFolder, { recursive: true });
  const servers = await startServers({ folder: dataFolder, brokers: 1, labels: LABELS, postgresFolder, kafkaFolder });
  let epoch: Epoch;
  try {
    epoch = await openEpoch({
      name,
      number: 1,
      seed: 1,
      rate: RATE,
      servers,
      folder: reportFolder,
      running: RUNNING,
      onOwnEnd: () => {},
      onFault: (what) => void wrong.push(what),
    });
  } catch (error) {
    await servers.remove();
    throw error;
  }
  return {
    servers,
    epoch,
    async check() {
      wrong.push(...(await heal(epoch, servers)));
      await epoch.pause();
      try {
        await untilSettled(epoch.deployment, PATIENCE_MS);
        await untilRead(epoch.deployment, epoch.watch);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        wrong.push(`liveness: ${error.message}`);
      }
      const { deployment, watch, ledger, direct } = epoch;
      const verdict = await checkRound({
        deployment,
        watch,
        ledger,
        direct,
        mayHaveGhosts: false,
        random: Math.random,
      });
      return [...wrong, ...verdict.violations];
    },
    async close() {
      await epoch.abandon();
      await servers.remove();
      await rm(join(dataFolder, "kafka-1"), { recursive: true, force: true });
    },
  };
}
