/**
 * Rows 42 and 51 of the table: a log that is damaged, cut or another one. A reconciler with a log and a database of its
 * own, because some of this ends it for good.
 */
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "@kith/database";
import { chooseFreePort, kithFolder } from "@kith/devstack";
import { closeKafka, connectKafka, createPublisher, describeTopic, ensureTopics, type KafkaClient } from "@kith/kafka";
import { type TestDatabase, type TestTopics, testDatabase, testTopics } from "@kith/testkit";
import {
  addPartitions,
  createServiceProcess,
  cutLog,
  deleteTopics,
  rowsOf,
  type ServiceProcess,
  until,
} from "@kith/testkit/system";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { record } from "./record-list.ts";

const REPAIR_LIMIT_MS = 60_000;
const LOG_TAIL_CHARACTERS = 8_000;

export function testLogFaults(): void {
  let database: TestDatabase;
  let db: Database;
  let topics: TestTopics;
  let kafka: KafkaClient;
  let reconciler: ServiceProcess;

  beforeAll(async () => {
    [database, topics] = await Promise.all([testDatabase(), testTopics()]);
    db = database.open("admin");
    kafka = connectKafka({ brokers: topics.brokers, clientId: "kith-test" });
    reconciler = createServiceProcess({
      name: "reconciler",
      port: await chooseFreePort(),
      env: {
        DATABASE_URL: database.url,
        DATABASE_SCHEMA: database.schema,
        KAFKA_BROKERS: topics.brokers.join(","),
        TOPIC_PREFIX: topics.prefix,
        GROUP_ID: topics.groupId,
      },
    });
  });
  afterAll(async () => {
    if (reconciler.pid() !== undefined) await reconciler.kill9();
    await closeKafka(kafka);
    await database.drop();
  });

  async function publish(partition: number, ...names: string[]): Promise<void> {
    const publisher = createPublisher(kafka, { deadlineMs: 20_000 });
    for (const name of names) {
      const value = record({ eventId: name, email: `${name}@x.io` });
      await publisher.publish(topics.names.orderIdentity, [{ key: name, value, partition }]);
    }
    await publisher.close();
  }
  async function applied(): Promise<string[]> {
    const rows = await rowsOf<{ event_id: string }>(db, "select event_id from contact order by event_id");
    return rows.map(({ event_id }) => event_id);
  }
  const count = async (table: string) => (await rowsOf(db, `select 1 from ${table}`)).length;
  /** Starts it, and waits until it has ended by itself. */
  async function startInVain(): Promise<void> {
    const starting = reconciler.start().catch(() => undefined);
    await until("the reconciler ends", () => reconciler.pid() === undefined);
    await starting;
  }

  describe("the log is not what it was", () => {
    beforeEach(({ onTestFailed }) => {
      onTestFailed(() => console.error(reconciler.log().slice(-LOG_TAIL_CHARACTERS)));
    });

    const isEmbedded = (process.env.TEST_STACK || "embedded") === "embedded";
    test.runIf(isEmbedded)(
      "INPUTS 42: a corrupt batch → not skipped, said loudly, other partitions go on; applied once it is repaired",
      async () => {
        await publish(0, "corrupt-a", "corrupt-b");
        const flip = () => flipByte(topics.names.orderIdentity, 0, "corrupt-a@x.io");
        await flip();
        await reconciler.start();
        await until("it says so", () => reconciler.log().includes("its partition is held"));
        await publish(1, "beside-a");
        await until("the other partition goes on", async () => (await applied()).length === 1);
        expect([await applied(), await count("dead_letter")]).toEqual([["beside-a"], 0]);
        const held = async () =>
          /^kith_partitions_held (\d+)$/m.exec(await (await fetch(`${reconciler.url}/metrics`)).text())?.[1];
        expect(await held()).toBe("1");
        await flip();
        await until("all are applied", async () => (await applied()).length === 3, { limitMs: REPAIR_LIMIT_MS });
        expect(await held()).toBe("0");
        expect(await count("dead_letter")).toBe(0);
        expect(await reconciler.stop()).toBe(0);
      },
    );

    test("INPUTS 51: partitions added → read from their beginning", async () => {
      const before = await applied();
      await addPartitions(kafka, topics.names.orderIdentity, 8);
      await until(
        "the partitions are there",
        async () => (await describeTopic(kafka, topics.names.orderIdentity))?.partitions === 8,
      );
      await publish(7, "added-a", "added-b");
      await reconciler.start();
      await until("they are applied", async () => (await applied()).length === before.length + 2);
      expect(await reconciler.stop()).toBe(0);
    });

    test("INPUTS 51: the log lost its tail → stop, also when it has grown again; an operator's word, and it goes on", async () => {
      const before = await applied();
      await rowsOf(db, "update consumer_offset set next_offset = 4 where partition = 7");
      await startInVain();
      expect(reconciler.log()).toContain("beyond-log-end");
      await publish(7, "tail-a", "tail-b", "tail-c");
      await startInVain();
      expect(await applied()).toEqual(before);
      // As docs/operations.md has it.
      await rowsOf(
        db,
        `update consumer_offset set next_offset = least(next_offset, lost_from), lost_from = null
         where topic_id = (select topic_id from deployment) and lost_from is not null`,
      );
      await reconciler.start();
      await until("all of it is applied", async () => (await applied()).length === before.length + 3);
      expect(await reconciler.stop()).toBe(0);
    });

    test("INPUTS 51: the log starts beyond the next offset → stop, and say so", async () => {
      await publish(7, "cut-a", "cut-b");
      await cutLog(kafka, topics.names.orderIdentity, 7, 6);
      const before = await applied();
      await startInVain();
      expect(reconciler.log()).toContain("log-truncated");
      expect(await applied()).toEqual(before);
    });

    test("INPUTS 51: the topic was recreated → refused", async () => {
      const name = topics.names.orderIdentity;
      const old = (await describeTopic(kafka, name))?.topicId;
      await deleteTopics(kafka, [name]);
      await until("the topic is gone", async () => (await describeTopic(kafka, name)) === undefined);
      await ensureTopics(kafka, { prefix: topics.prefix });
      expect((await describeTopic(kafka, name))?.topicId).not.toBe(old);
      await publish(0, "another-topic");
      const before = await applied();
      await startInVain();
      expect(reconciler.log()).toContain("the reconciler refuses to start");
      expect(await applied()).toEqual(before);
    });
  });
}

/** Changes one bit of a text in the file of a partition, as a failing disk would; twice is as it was. */
async function flipByte(topic: string, partition: number, text: string): Promise<void> {
  for (const path of await logFiles(`${topic}-${partition}`)) {
    const file = await open(path, "r+");
    try {
      const bytes = await file.readFile();
      // The first letter is the one that is changed.
      const at = bytes.indexOf(text.slice(1)) - 1;
      if (at < 0) throw new Error("the text is not in the partition's file");
      await file.write(Buffer.from([(bytes[at] as number) ^ 0x01]), 0, 1, at);
    } finally {
      await file.close();
    }
  }
}

async function logFiles(folderName: string): Promise<string[]> {
  const entries = await readdir(kithFolder, { recursive: true });
  const files = entries.filter((path) => path.includes(`/${folderName}/`) && path.endsWith(".log"));
  if (files.length === 0) throw new Error("the run's broker keeps its files elsewhere");
  return files.map((path) => join(kithFolder, path));
}
