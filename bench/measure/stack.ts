/** A PostgreSQL and a Kafka for one part: durable settings, data in the part's folder, gone at its end. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { kafkaJarsFolder, startKafka, startPostgres } from "@kith/devstack";
import type { BenchRun } from "./bench-run.ts";
import { STATEMENT_SETTINGS } from "./statement-profile.ts";

export type BenchStack = {
  readonly databaseUrl: string;
  readonly brokers: string;
  readonly pids: { readonly postgres: number; readonly kafka: number };
};

export async function startStack(run: BenchRun): Promise<BenchStack> {
  run.say("starting Postgres and Kafka");
  const folder = (name: string) => join(run.folder, name);
  const starting = [
    startPostgres({
      folder: folder("postgres"),
      isDurable: true,
      isThrowAway: true,
      say: run.say,
      ...(run.isProfiled && { settings: STATEMENT_SETTINGS }),
    }),
    startKafka({ folder: folder("kafka"), jarsFolder: kafkaJarsFolder, isThrowAway: true, say: run.say }),
  ] as const;
  // Also when one of them fails, or the bench is interrupted before both are up.
  run.closers.add(async () => {
    const started = await Promise.allSettled(starting);
    await Promise.all(started.map((server) => (server.status === "fulfilled" ? server.value.stop() : undefined)));
  });
  const [{ url }, { brokers }] = await Promise.all(starting);
  const readPid = async (name: string) => Number(await readFile(folder(`${name}.pid`), "utf8"));
  return { databaseUrl: url, brokers, pids: { postgres: await readPid("postgres"), kafka: await readPid("kafka") } };
}
