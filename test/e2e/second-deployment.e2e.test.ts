/**
 * Two deployments on one Kafka and one Postgres, told apart by TOPIC_PREFIX and DATABASE_SCHEMA alone: neither sees
 * anything of the other.
 */
import type { IdentityResolvedRecord } from "@kith/contracts";
import { createDatabase, type Database, migrateToLatest } from "@kith/database";
import { createPublisher } from "@kith/kafka";
import { type TestTopics, testTopics } from "@kith/testkit";
import { ask, readTopic, rowsOf, type System, startSystem, until, useSystem } from "@kith/testkit/system";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

type Contact = { emails: string[]; phoneNumbers: string[]; secondaryContactIds: number[] };
type Deployment = { readonly system: System; readonly topics: TestTopics; readonly db: Database };

const SCHEMA = "kith_second";
/** Empty counts as not set: nothing but prefix and schema tells the two apart. */
const ENV = { GROUP_ID: "" };
const first = useSystem({ env: ENV });
let second: Deployment;
let closeSecond: () => Promise<void>;

beforeAll(async () => {
  const { database } = first;
  await migrateToLatest({ url: database.url, schema: SCHEMA });
  const topics = await testTopics();
  const system = await startSystem({ database: { url: database.url, schema: SCHEMA }, topics, env: ENV });
  const { db, close } = createDatabase({
    url: database.url,
    schema: SCHEMA,
    role: "admin",
    poolMax: 2,
    applicationName: "kith-test",
  });
  second = { system, topics, db };
  closeSecond = async () => {
    await close();
    await system.stop();
  };
});
afterAll(async () => closeSecond?.());

const both = (): [Deployment, Deployment] => [first, second];

async function identify({ system }: Deployment, email: string, phoneNumber: string): Promise<Contact> {
  const { status, body } = await ask<{ contact: Contact }>(`${system.ingressUrl}/api/identify`, {
    body: { email, phoneNumber },
  });
  expect(status).toBe(200);
  return body.contact;
}

describe("two deployments", () => {
  test("answer by their own orders, though the people are the same", async () => {
    // A phone that in the first deployment is one person's, in the second another one's; orders in turn.
    for (let round = 0; round < 5; round += 1) {
      await identify(first, `first-${round}@x.io`, "717171");
      await identify(second, `second-${round}@x.io`, "717171");
    }
    const [ofFirst, ofSecond] = await Promise.all([
      identify(first, "first-0@x.io", "717171"),
      identify(second, "second-0@x.io", "717171"),
    ]);
    expect(ofFirst.emails).toEqual([0, 1, 2, 3, 4].map((round) => `first-${round}@x.io`));
    expect(ofSecond.emails).toEqual([0, 1, 2, 3, 4].map((round) => `second-${round}@x.io`));
    for (const [deployment, stranger] of [
      [first, "second-0@x.io"],
      [second, "first-0@x.io"],
    ] as const) {
      const { status } = await ask(`${deployment.system.queryUrl}/v1/contacts/lookup`, { body: { email: stranger } });
      expect(status).toBe(404);
    }
  });

  test("keep their receipts apart", async () => {
    const { body: order } = await ask<{ receipt: string }>(`${first.system.ingressUrl}/v1/orders`, {
      body: { email: "first-0@x.io" },
    });
    const own = await ask<{ status: string }>(`${first.system.queryUrl}/v1/receipts/${order.receipt}?waitMs=10000`);
    expect(own.body.status).toBe("applied");
    const other = await ask<{ code: string }>(`${second.system.queryUrl}/v1/receipts/${order.receipt}`);
    expect([other.status, other.body.code]).toEqual([409, "receipt-elsewhere"]);
  });

  test("keep their dead letters and their progress apart", async () => {
    const publisher = createPublisher(first.kafka, { deadlineMs: 10_000 });
    await publisher.publish(second.topics.names.orderIdentity, [
      { key: null, value: "an order, honestly", partition: 0 },
    ]);
    await publisher.close();
    const progressOf = async ({ system }: Deployment) =>
      (await ask<{ topic: string; deadLetters: object }>(`${system.queryUrl}/v1/progress`)).body;
    await until(
      "the second one has a dead letter",
      async () => Object.keys((await progressOf(second)).deadLetters).length > 0,
    );
    for (const { system } of both()) await system.untilSettled();
    expect(await progressOf(first)).toMatchObject({ topic: first.topics.names.orderIdentity, deadLetters: {} });
    expect(await progressOf(second)).toMatchObject({
      topic: second.topics.names.orderIdentity,
      deadLetters: { "not-json": 1 },
    });
  });

  test("publish and store their own people only", async () => {
    for (const [deployment, name, other] of [
      [first, "first", "second"],
      [second, "second", "first"],
    ] as const) {
      await deployment.system.untilSettled();
      const resolved = (await readTopic(first.kafka, deployment.topics.names.identityResolved)).map(
        ({ value }) => JSON.parse(String(value)) as IdentityResolvedRecord,
      );
      expect(resolved.length).toBeGreaterThan(0);
      expect(JSON.stringify(resolved)).not.toContain(`${other}-`);
      const rows = await rowsOf<{ value: string }>(deployment.db, "select value from identifier order by value");
      expect(rows.map(({ value }) => value)).toEqual(
        [...[0, 1, 2, 3, 4].map((round) => `${name}-${round}@x.io`), "717171"].sort(),
      );
    }
  });

  test("do without each other", async () => {
    const [worker] = second.system.reconcilers;
    expect(await worker?.stop()).toBe(0);
    expect((await identify(first, "first-5@x.io", "717171")).emails).toHaveLength(6);
    const waiting = await ask(`${second.system.ingressUrl}/api/identify`, {
      body: { email: "second-5@x.io" },
      headers: { Prefer: "wait=0" },
    });
    expect(waiting.status).toBe(202);
    await worker?.start();
    expect((await identify(second, "second-5@x.io", "717171")).emails).toHaveLength(6);
  });
});
