/**
 * 5,000 orders of people who share emails and phones, 32 at a time, while the reconciler is killed with -9 ten times,
 * each time in the middle of a transaction. Afterwards everything must be as if nothing had happened.
 */
import { createIdentityTable } from "@kith/client";
import { identityResolvedRecord } from "@kith/contracts";
import { seededRandom } from "@kith/testkit";
import {
  checkAgainstOracle,
  createLedger,
  foldResolved,
  inParallel,
  killInTransaction,
  randomOrders,
  useSystem,
} from "@kith/testkit/system";
import { expect, test } from "vitest";

const ORDERS = 5_000;
const KILLS = 10;
const WIDTH = 32;

// Small batches: a backlog takes many transactions, so that a kill finds one.
const world = useSystem({ env: { BATCH_EVENTS_MAX: "100" } });

test("nothing is lost and nothing applied twice, however often the reconciler dies", async () => {
  const { system, db, topics } = world;
  const reconciler = system.reconcilers[0]!;
  const orders = randomOrders({ count: ORDERS, households: 225, strangers: 0.03, random: seededRandom(3) });
  const ledger = createLedger();
  const statuses = new Map<number, number>();

  async function sendAll(from: number, to: number): Promise<void> {
    await inParallel(orders.slice(from, to), WIDTH, async (order) => {
      const answer = await ledger.send(system.ingressUrl, order);
      statuses.set(answer?.status ?? 0, (statuses.get(answer?.status ?? 0) ?? 0) + 1);
      if (answer?.status !== 200) return;
      // Whoever is answered with a contact finds what was ordered in it.
      const { emails, phoneNumbers } = answer.body.contact as { emails: string[]; phoneNumbers: string[] };
      if (order.email !== null) expect(emails).toContain(order.email);
      if (order.phoneNumber !== null) expect(phoneNumbers).toContain(order.phoneNumber);
    });
  }

  const step = Math.ceil(ORDERS / (KILLS + 1));
  for (let kill = 0; kill < KILLS; kill++) {
    const killed = killInTransaction(reconciler, db);
    await Promise.all([sendAll(kill * step, (kill + 1) * step), killed]);
    // Kafka keeps the place of a killed member until its session times out. One time that is waited for; else the next
    // life joins under another name. Where to go on is in the database, so the name of the group does not matter.
    await reconciler.start(kill === KILLS / 2 ? {} : { GROUP_ID: `${topics.groupId}-${kill}` });
  }
  await sendAll(KILLS * step, ORDERS);

  // The ingress and Kafka were well all the time: every order was acknowledged.
  expect(ledger.unknown.size).toBe(0);
  expect([...statuses.keys()].every((status) => status === 200 || status === 202)).toBe(true);

  const { faults, compared, log, resolved } = await checkAgainstOracle(world);
  expect(faults).toEqual([]);
  expect(compared.observations).toBe(ORDERS);
  expect(compared.identities).toBeGreaterThan(50);
  expect(compared.absorbed).toBeGreaterThan(50);

  const inLog = new Set(log.map(({ value }) => (JSON.parse(String(value)) as { eventId: string }).eventId));
  expect([...ledger.acknowledged.keys()].filter((eventId) => !inLog.has(eventId))).toEqual([]);

  expect(system.logs()).not.toContain("@x.io");

  // The table that users install comes to the same as the fold that was compared with the database.
  const table = createIdentityTable();
  for (const { key, value } of resolved) {
    table.apply(Number(String(key)), identityResolvedRecord.parse(JSON.parse(String(value))));
  }
  const { identities } = foldResolved(resolved);
  for (const [identityId, record] of identities) expect(table.held(identityId)).toEqual(record);
  expect([...table.all()]).toHaveLength(compared.identities);
  expect(table.counts().conflict).toBe(0);
});
