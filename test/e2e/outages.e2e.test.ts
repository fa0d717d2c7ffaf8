/** Parts that are away, one after the other: no false 2xx, nothing lost, and each recovers without being restarted. */
import { createDatabase, quoteIdentifier } from "@kith/database";
import { findJava, PrerequisiteError } from "@kith/devstack";
import { seededRandom } from "@kith/testkit";
import {
  ask,
  checkAgainstOracle,
  createLedger,
  inParallel,
  type Ledger,
  type OwnKafka,
  type PlacedRecord,
  randomOrders,
  rowsOf,
  startOwnKafka,
  until,
  useSystem,
  type World,
} from "@kith/testkit/system";
import { afterAll, describe, expect, inject, test } from "vitest";

type Problem = { code: string; eventId?: string };
type Accepted = { eventId: string; receipt: string };

// One order is answered within the time to wait for its produce and the time of the produce itself, 12 s; the rest is
// for a slow machine.
const ANSWER_LIMIT_MS = 30_000;
const RECOVERY_LIMIT_MS = 60_000;
const WIDTH = 16;
// The services' own sessions: those of the tests are named otherwise.
const END_SESSIONS = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name like 'kith-%' and application_name not like 'kith-test%'`;

const orderSeries = (series: string, count: number) =>
  randomOrders({ series, count, households: 10, strangers: 0.1, random: seededRandom(series.length) });

describe.skipIf(await javaIsMissing())("Kafka is away", () => {
  let kafka: OwnKafka;
  const world = useSystem({
    async brokers() {
      kafka = await startOwnKafka();
      return kafka.brokers;
    },
  });
  const ledger = createLedger();
  // Before the services: without Kafka they end cleanly, too.
  afterAll(() => kafka?.remove(), 60_000);

  test("orders are taken before", async () => {
    await sendAll(world, ledger, "before", 200);
    expect(ledger.acknowledged.size).toBeGreaterThan(150);
    expect(ledger.unknown.size).toBe(0);
  });

  test("a stopped broker: 503 and a time to come back, never a 2xx", async () => {
    const pids = pidsOf(world);
    const flowing = sendAll(world, ledger, "stopping", 400);
    await Promise.all([kafka.stop(), flowing]);

    for (const path of ["/v1/orders", "/api/identify"]) await expectUnavailable(world, path);
    const { system } = world;
    await until(
      "the ingress says that it is not ready",
      async () => (await health(system.ingressUrl, "readyz")) === 503,
    );
    for (const { url } of [system.ingress, system.query, ...system.reconcilers]) {
      expect(await health(url, "livez")).toBe(200);
    }
    // What is stored can be looked up all the same.
    expect((await ask(`${system.queryUrl}/v1/contacts/1`)).status).toBe(200);

    await kafka.start();
    await recovers(world, ledger, "started");
    expect(pidsOf(world)).toEqual(pids);
  });

  test("a broker that hangs: 503 in bounded time, and a retry is safe", async () => {
    await kafka.freeze();
    const orders = orderSeries("frozen", 40);
    const startedAt = performance.now();
    const answers = await Promise.all(orders.map((order) => ledger.send(world.system.ingressUrl, order)));
    expect(performance.now() - startedAt).toBeLessThan(ANSWER_LIMIT_MS);
    for (const answer of answers) expect(answer).toMatchObject({ status: 503, body: { code: "log-unavailable" } });
    for (const [index, answer] of answers.entries()) expect(answer?.body.eventId).toBe(orders[index]?.eventId);
    await kafka.thaw();
    await recovers(world, ledger, "thawed");
    // Repeated with their own event ids, whatever became of the first try.
    await inParallel(orders, WIDTH, (order) => ledger.send(world.system.ingressUrl, order));
    for (const { eventId } of orders) expect(ledger.acknowledged.has(eventId)).toBe(true);
  });

  test("afterwards nothing that was acknowledged is missing, and all is as the oracle says", async () => {
    const { faults, log } = await checkAgainstOracle(world);
    expect(faults).toEqual([]);
    expectLedger(ledger, log);
    expect(world.system.logs()).not.toContain("@x.io");
  });
});

describe("others are away", () => {
  const world = useSystem();
  const ledger = createLedger();
  const identify = (email: string, waitSeconds: number) =>
    ask<Accepted>(`${world.system.ingressUrl}/api/identify`, {
      body: { email },
      headers: { prefer: `wait=${waitSeconds}` },
    });
  const receiptStatus = (receipt: string, waitMs: number) =>
    ask<{ status: string }>(`${world.system.queryUrl}/v1/receipts/${receipt}?waitMs=${waitMs}`);
  const lookUp = (email: string, more: Record<string, unknown> = {}) =>
    ask<{ contact: { emails: string[] }; status?: string; code?: string }>(
      `${world.system.queryUrl}/v1/contacts/lookup`,
      { body: { email, ...more } },
    );

  test("no reconciler: identify answers 202 with a receipt, and the order is applied later", async () => {
    const { system } = world;
    const reconciler = system.reconcilers[0]!;
    expect(await reconciler.stop()).toBe(0);
    const accepted = await identify("patience@x.io", 1);
    expect(accepted.status).toBe(202);
    const { receipt } = accepted.body;
    expect(accepted.headers.get("kith-receipt")).toBe(receipt);
    expect(accepted.headers.get("location")).toBe(`${system.queryUrl}/v1/receipts/${receipt}`);
    expect((await receiptStatus(receipt, 0)).body).toEqual({ status: "pending" });
    const pending = await lookUp("patience@x.io", { receipt, waitMs: 50 });
    expect(pending.status).toBe(202);
    expect(pending.body).toEqual({ status: "pending" });

    // One that waits long enough gets its contact when a reconciler comes.
    const waiting = identify("patience@x.io", 30);
    await reconciler.start();
    expect((await waiting).status).toBe(200);
    expect((await receiptStatus(receipt, 10_000)).body).toEqual({ status: "applied" });
    expect((await lookUp("patience@x.io")).body.contact.emails).toEqual(["patience@x.io"]);
  });

  test("no query service: identify answers 202 with a receipt, and nothing else is disturbed", async () => {
    const { system } = world;
    await system.query.kill9();
    const accepted = await identify("unread@x.io", 1);
    expect(accepted.status).toBe(202);
    const { receipt } = accepted.body;
    expect(await health(system.ingressUrl, "readyz")).toBe(200);
    await sendAll(world, ledger, "unread", 50);
    // One that waits long enough gets its contact when the query service comes.
    const waiting = identify("unread@x.io", 30);
    await system.query.start();
    expect((await waiting).status).toBe(200);
    expect((await receiptStatus(receipt, 10_000)).body).toEqual({ status: "applied" });
    expect((await identify("unread@x.io", 10)).status).toBe(200);
  });

  test("database sessions that are ended while orders flow lose nothing", async () => {
    const pids = pidsOf(world);
    const rounds = 12;
    let ended = 0;
    for (let round = 0; round < rounds; round++) {
      const flowing = sendAll(world, ledger, `session-${round}`, 100);
      const sessions = await rowsOf(world.db, END_SESSIONS);
      ended += sessions.length;
      await flowing;
    }
    expect(ended).toBeGreaterThan(rounds);
    expect(ledger.unknown.size).toBe(0);
    await world.system.untilSettled();
    expect(pidsOf(world)).toEqual(pids);
  });

  test("no database: orders are taken, lookups answer 503, and all recovers by itself", async () => {
    const { system, database } = world;
    const pids = pidsOf(world);
    const name = new URL(database.url).pathname.slice(1);
    const { db: admin, close } = createDatabase({
      url: inject("databaseUrl"),
      schema: "public",
      role: "admin",
      poolMax: 1,
      applicationName: "kith-test",
    });
    const allow = (isAllowed: boolean) =>
      rowsOf(admin, `alter database ${quoteIdentifier(name)} with allow_connections ${isAllowed}`);
    try {
      await allow(false);
      await rowsOf(world.db, END_SESSIONS);
      const refused = await until("lookups are refused", async () => {
        const answer = await lookUp("patience@x.io");
        return answer.status === 503 ? answer : undefined;
      });
      expect(refused.body.code).toBe("database-unavailable");
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await health(system.queryUrl, "readyz")).toBe(503);
      const accepted = await identify("homeless@x.io", 1);
      expect(accepted.status).toBe(202);
      await sendAll(world, ledger, "homeless", 100);
      expect(ledger.unknown.size).toBe(0);
      await allow(true);
      const { receipt } = accepted.body;
      await until("the order is applied", async () => (await receiptStatus(receipt, 1_000)).body.status === "applied");
      expect((await lookUp("homeless@x.io")).status).toBe(200);
      expect(pidsOf(world)).toEqual(pids);
    } finally {
      await allow(true);
      await close();
    }
  });

  test("afterwards nothing is lost, and all is as the oracle says", async () => {
    const { faults, log } = await checkAgainstOracle(world);
    expect(faults).toEqual([]);
    expectLedger(ledger, log, ["patience@x.io", "unread@x.io", "homeless@x.io"]);
    expect(world.system.logs()).not.toContain("@x.io");
  });
});

async function sendAll({ system }: World, ledger: Ledger, series: string, count: number): Promise<void> {
  const orders = orderSeries(series, count).map((order) => ({ ...order, waitSeconds: 0 }));
  await inParallel(orders, WIDTH, (order) => ledger.send(system.ingressUrl, order));
}

async function expectUnavailable({ system }: World, path: string): Promise<void> {
  const eventId = `refused-${path}`;
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      ask<Problem>(`${system.ingressUrl}${path}`, {
        body: { email: `refused-${index}@x.io` },
        headers: { "idempotency-key": `${eventId}-${index}` },
        limitMs: ANSWER_LIMIT_MS,
      }),
    ),
  );
  for (const [index, { status, headers, body }] of answers.entries()) {
    expect(status).toBe(503);
    expect(headers.get("content-type")).toContain("application/problem+json");
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(headers.get("kith-receipt")).toBeNull();
    expect(body).toMatchObject({ code: "log-unavailable", eventId: `${eventId}-${index}` });
  }
}

/** Sends one order until it is taken, then a hundred more, and waits until the reconciler has them. */
async function recovers(world: World, ledger: Ledger, series: string): Promise<void> {
  const { system } = world;
  const [first] = orderSeries(`${series}-first`, 1);
  const isTaken = async () => (await ledger.send(system.ingressUrl, { ...first!, via: "orders" }))?.status === 202;
  await until("an order is taken again", isTaken, { limitMs: RECOVERY_LIMIT_MS });
  await sendAll(world, ledger, series, 100);
  await system.untilSettled(RECOVERY_LIMIT_MS);
  expect(await health(system.ingressUrl, "readyz")).toBe(200);
}

/** 0 lost: acknowledged ⊆ log. 0 invented: log ⊆ acknowledged ∪ unknown. */
function expectLedger(ledger: Ledger, log: readonly PlacedRecord[], others: readonly string[] = []): void {
  const inLog = log.map(({ value }) => JSON.parse(String(value)) as { eventId: string; email?: string });
  const eventIds = new Set(inLog.map(({ eventId }) => eventId));
  expect([...ledger.acknowledged.keys()].filter((eventId) => !eventIds.has(eventId))).toEqual([]);
  const invented = inLog.filter(
    ({ eventId, email }) =>
      !ledger.acknowledged.has(eventId) && !ledger.unknown.has(eventId) && !others.includes(email ?? ""),
  );
  // An order that was refused with 503 because the log was away may be there: its client was told to try again.
  expect(invented.filter(({ eventId }) => !eventId.startsWith("refused-"))).toEqual([]);
}

function pidsOf({ system }: World): (number | undefined)[] {
  return [system.ingress, system.query, ...system.reconcilers].map((service) => service.pid());
}

async function health(url: string, route: "livez" | "readyz"): Promise<number> {
  return (await ask(`${url}/${route}`)).status;
}

async function javaIsMissing(): Promise<boolean> {
  try {
    await findJava();
    return false;
  } catch (error) {
    if (error instanceof PrerequisiteError) return true;
    throw error;
  }
}
