/** A system for the tests of one file: started before the first, ended after the last, its log told when one fails. */
import type { Database } from "@kith/database";
import { closeKafka, connectKafka, type KafkaClient } from "@kith/kafka";
import { afterAll, beforeAll, beforeEach, onTestFailed } from "vitest";
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

const START_LIMIT_MS = 90_000;

/** Registers the hooks; the answer is filled in before the first test runs. */
export function useSystem(options: Pick<SystemOptions, "reconcilers" | "env"> = {}): World {
  const world: Partial<Record<keyof World, unknown>> = {};
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const [database, topics] = await Promise.all([testDatabase(), testTopics()]);
    closers.push(() => database.drop());
    const kafka = connectKafka({ brokers: topics.brokers, clientId: "kith-test" });
    closers.push(() => closeKafka(kafka));
    const system = await startSystem({ ...options, database, topics });
    closers.push(() => system.stop());
    Object.assign(world, { system, database, db: database.open("admin"), topics, kafka });
  }, START_LIMIT_MS);

  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => {
      console.error((world as World).system.logTail());
    });
  });

  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  }, START_LIMIT_MS);

  return world as World;
}
