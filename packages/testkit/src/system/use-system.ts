/** A system for the tests of one file: started before the first, ended after the last, its log told when one fails. */
import type { Database } from "@kith/database";
import { closeKafka, connectKafka, type KafkaClient } from "@kith/kafka";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type TestDatabase, testDatabase } from "../test-database.ts";
import { type TestTopics, testTopics } from "../test-topics.ts";
import { type System, type SystemOptions, startSystem } from "./start-system.ts";

/** What the tests of one file work with. */
export type World = {
  readonly system: System;
  readonly database: TestDatabase;
  readonly db: Database;
  readonly topics: TestTopics;
  readonly kafka: KafkaClient;
};

const START_LIMIT_MS = 240_000;

/** How the system differs from the usual one. */
export type UseOptions = Pick<SystemOptions, "reconcilers" | "env"> & {
  /** Another broker than the run's, running when the hooks begin. */
  readonly brokers?: () => Promise<readonly string[]>;
};

/**
 * Registers the hooks of the file, or of the `describe` it is called in; the answer is filled in before the first test
 * runs.
 */
export function useSystem(options: UseOptions = {}): World {
  const world: Partial<Record<keyof World, unknown>> = {};
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const database = await testDatabase();
    closers.push(() => database.drop());
    const topics = await testTopics(await options.brokers?.());
    const kafka = connectKafka({ brokers: topics.brokers, clientId: "kith-test" });
    closers.push(() => closeKafka(kafka));
    const system = await startSystem({
      reconcilers: options.reconcilers ?? 1,
      env: options.env ?? {},
      database,
      topics,
    });
    closers.push(() => system.stop());
    Object.assign(world, { system, database, db: database.open("admin"), topics, kafka });
  }, START_LIMIT_MS);

  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => {
      console.error((world as World).system.logTail());
    });
  });

  afterAll(async () => {
    // All of them, also after one that fails: the last ones end processes and drop the database.
    const ends = [];
    for (const close of closers.reverse()) ends.push(...(await Promise.allSettled([close()])));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }, START_LIMIT_MS);

  return world as World;
}
