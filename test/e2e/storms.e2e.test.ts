/** Many requests about the same people at the same moment, with two reconcilers to get into each other's way. */
import { seededRandom } from "@kith/testkit";
import { ask, checkAgainstOracle, createLedger, inParallel, randomOrders, useSystem } from "@kith/testkit/system";
import { describe, expect, test } from "vitest";

const world = useSystem({ reconcilers: 2 });

type Contact = { primaryContactId: number; emails: string[]; phoneNumbers: string[]; secondaryContactIds: number[] };

async function identify(email: string | null, phoneNumber: string | null): Promise<Contact> {
  const { status, body } = await ask<{ contact: Contact }>(`${world.system.ingressUrl}/api/identify`, {
    body: { email, phoneNumber },
  });
  expect(status).toBe(200);
  return body.contact;
}

describe("50 identical requests at once", () => {
  test.each(Array.from({ length: 10 }, (_, round) => [round]))("make one contact, round %i", async (round) => {
    const email = `storm-${round}@x.io`;
    const phone = String(200_000 + round);
    const contacts = await Promise.all(Array.from({ length: 50 }, () => identify(email, phone)));
    const { primaryContactId } = contacts[0]!;
    const expected = { primaryContactId, emails: [email], phoneNumbers: [phone], secondaryContactIds: [] };
    for (const contact of contacts) expect(contact).toEqual(expected);
  });

  test("of an email alone, a phone alone and both together come to one contact", async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        identify(index % 3 === 1 ? null : "mixed@x.io", index % 3 === 2 ? null : "299999"),
      ),
    );
    const contact = await identify("mixed@x.io", "299999");
    expect(contact.emails).toEqual(["mixed@x.io"]);
    expect(contact.phoneNumbers).toEqual(["299999"]);
    expect(contact.secondaryContactIds.length).toBeLessThanOrEqual(1);
  });
});

describe("crossing merges", () => {
  test("two people joined from both sides at once become one, 200 rounds", async () => {
    const rounds = Array.from({ length: 200 }, (_, round) => round);
    const of = (round: number) => ({
      emailA: `a${round}@cross.io`,
      phoneA: String(300_000 + round),
      emailB: `b${round}@cross.io`,
      phoneB: String(400_000 + round),
    });
    const known = await inParallel(rounds, 16, async (round) => {
      const { emailA, phoneA, emailB, phoneB } = of(round);
      // One after the other, so that it is known who is older.
      const a = await identify(emailA, phoneA);
      const b = await identify(emailB, phoneB);
      return { a: a.primaryContactId, b: b.primaryContactId };
    });
    await inParallel(rounds, 4, async (round) => {
      const { emailA, phoneA, emailB, phoneB } = of(round);
      const { a, b } = known[round]!;
      const expected = {
        primaryContactId: a,
        emails: [emailA, emailB],
        phoneNumbers: [phoneA, phoneB],
        secondaryContactIds: [b],
      };
      const answers = await Promise.all([
        identify(emailA, phoneB),
        identify(emailB, phoneA),
        identify(emailA, phoneB),
        identify(emailB, phoneA),
      ]);
      for (const answer of answers) expect(answer).toEqual(expected);
    });
  });

  test("chains closed from all ends at once become one", async () => {
    // e0-p0, e1-p1, … e9-p9 are known; the nine links between them come at the same moment.
    await Promise.all(Array.from({ length: 10 }, (_, n) => identify(`chain${n}@x.io`, String(500_000 + n))));
    await Promise.all(Array.from({ length: 9 }, (_, n) => identify(`chain${n}@x.io`, String(500_001 + n))));
    const contact = await identify("chain0@x.io", null);
    expect(contact.emails).toHaveLength(10);
    expect(contact.phoneNumbers).toHaveLength(10);
    expect(contact.secondaryContactIds).toHaveLength(9);
    expect(await identify(null, "500009")).toEqual(contact);
  });
});

test("a crowd over a handful of people", async () => {
  const ledger = createLedger();
  const orders = randomOrders({ count: 1_000, households: 12, strangers: 0.02, random: seededRandom(11) });
  await inParallel(orders, 64, async (order) => {
    await ledger.send(world.system.ingressUrl, { ...order, via: "identify", waitSeconds: 10 });
  });
  expect(ledger.unknown.size).toBe(0);
});

test("afterwards the whole state equals the oracle's", async () => {
  const { faults, compared } = await checkAgainstOracle(world);
  expect(faults).toEqual([]);
  expect(compared.observations).toBeGreaterThan(2_500);
  expect(compared.absorbed).toBeGreaterThanOrEqual(200);
});
