import { oracle, oracleDigest, randomObservations, seededRandom } from "@kith/testkit";
import { expect, test } from "vitest";
import { createGrowingOracle } from "./growing-oracle.ts";

test("fed in any order, with repetitions, it is what the oracle says", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    const observations = randomObservations({ count: 200, emails: 60, phones: 60, random, isShuffledAge: true });
    const growing = createGrowingOracle();
    const shuffled = [...observations, ...observations.slice(0, 50)].sort(() => random() - 0.5);
    for (const { eventId, email, phone, seenAt } of shuffled)
      growing.add({ eventId, email: email ?? undefined, phone: phone ?? undefined, seenAt });
    const expected = oracle(observations);
    expect(growing.digest()).toBe(oracleDigest(expected));
    const firsts = (lists: readonly { value: string }[][]) => lists.map((list) => list.map((one) => one.value)).sort();
    expect(firsts(growing.identities())).toEqual(firsts(expected.map((one) => one.identifiers)));
  }
});

test("it notices a single lowered age and a single missing link", () => {
  const make = (seenAt: number, phone: string | undefined) => {
    const growing = createGrowingOracle();
    growing.add({ eventId: "a", email: "a@x.io", phone, seenAt });
    growing.add({ eventId: "b", email: "b@x.io", phone: "70000001", seenAt: 9 });
    return growing;
  };
  const usual = make(5, "70000001");
  expect(make(4, "70000001").digest()).not.toBe(usual.digest());
  expect(make(5, undefined).digest()).not.toBe(usual.digest());
  expect(make(5, undefined).linksDigest()).not.toBe(usual.linksDigest());
  expect(make(5, "70000001").linksDigest()).toBe(usual.linksDigest());
  expect(usual.contactsDigest()).not.toBe(make(5, undefined).digest());
});
