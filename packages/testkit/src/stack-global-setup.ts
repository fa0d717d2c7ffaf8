/**
 * vitest's globalSetup of the projects that need servers: one Postgres and one Kafka for the whole run. vitest calls it
 * once per project, and in the same process, so the first call starts the stack and the last teardown ends it. If the
 * run is interrupted, killed included, the servers notice by themselves, and the folder goes with the next run.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { sayOnStdout, startTestStack, type TestStack, throwAwayFolder } from "@kith/devstack";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the run's Postgres, as superuser: `inject("databaseUrl")`. */
    databaseUrl: string;
    /** Of the run's Kafka, in the form of KAFKA_BROKERS. */
    kafkaBrokers: string;
    /** Where the run's tests keep what was said: see said.ts. */
    saidFolder: string;
  }
}

type SharedStack = { readonly stack: Promise<TestStack>; users: number };

// Each project loads its own copy of this module; the process is what they share.
const shared = globalThis as { kithTestStack?: SharedStack };

/** Provides the addresses to the project's tests. */
export default async function setUpStack(project: TestProject): Promise<() => Promise<void>> {
  shared.kithTestStack ??= { stack: startTestStack({ say: sayOnStdout }), users: 0 };
  const mine = shared.kithTestStack;
  mine.users += 1;
  const { databaseUrl, kafkaBrokers } = await mine.stack;
  project.provide("databaseUrl", databaseUrl);
  project.provide("kafkaBrokers", kafkaBrokers);
  const saidFolder = join(throwAwayFolder, "said");
  await mkdir(saidFolder, { recursive: true });
  project.provide("saidFolder", saidFolder);
  return async function tearDownStack() {
    mine.users -= 1;
    if (mine.users > 0) return;
    delete shared.kithTestStack;
    await (await mine.stack).stop();
    await rm(throwAwayFolder, { recursive: true, force: true });
  };
}
