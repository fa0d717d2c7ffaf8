import { createCanonicalizer, isBuiltInJunk, isCanonicalEmail, isCanonicalPhone } from "@kith/identifiers";
import { describe, expect, test } from "vitest";
import { emailText, phoneText } from "./identifier-texts.ts";
import { type MixName, mixes } from "./mixes.ts";
import { createPeople, type Pair } from "./people.ts";
import { createBodies } from "./request-bodies.ts";

const ORDERS = 20_000;

function makeOrders(mix: MixName, seed = 1): Pair[] {
  const people = createPeople(seed);
  return Array.from({ length: ORDERS }, () => people.next(mix));
}

/** What each order is about, told from the orders alone. */
function classify(pairs: readonly Pair[]): Record<"returning" | "newPerson" | "newIdentifier" | "merge", number> {
  const counts = { returning: 0, newPerson: 0, newIdentifier: 0, merge: 0 };
  const parents = new Map<string, string>();
  const links = new Set<string>();
  const root = (key: string): string => {
    const parent = parents.get(key)!;
    return parent === key ? key : root(parent);
  };
  for (const { emailId, phoneId } of pairs) {
    const keys = [...(emailId < 0 ? [] : [`e${emailId}`]), ...(phoneId < 0 ? [] : [`p${phoneId}`])];
    const known = keys.filter((key) => parents.has(key));
    const link = keys.join();
    if (links.has(link)) counts.returning += 1;
    else if (known.length === 0) counts.newPerson += 1;
    else if (known.length < keys.length) counts.newIdentifier += 1;
    else if (root(keys[0]!) !== root(keys[1]!)) counts.merge += 1;
    links.add(link);
    for (const key of keys) if (!parents.has(key)) parents.set(key, key);
    if (keys.length === 2) parents.set(root(keys[1]!), root(keys[0]!));
  }
  return counts;
}

describe("people", () => {
  test.each(["mixed", "merge-heavy"] as const)("%s has the shares it says", (mix) => {
    const counts = classify(makeOrders(mix));
    const { returning, newIdentifiers, merges } = mixes[mix];
    expect(counts.returning / ORDERS).toBeCloseTo(returning, 1);
    expect(counts.newIdentifier / ORDERS).toBeCloseTo(newIdentifiers, 1);
    expect(Math.abs(counts.merge / ORDERS - merges)).toBeLessThan(0.02);
    expect(Math.abs(counts.newPerson / ORDERS - (1 - returning - newIdentifiers - merges))).toBeLessThan(0.02);
  });

  test("all-new has nothing but new people, all-returning after it nothing new", () => {
    const people = createPeople(3);
    const first = Array.from({ length: 1_000 }, () => people.next("all-new"));
    expect(classify(first).newPerson).toBe(1_000);
    const second = Array.from({ length: 1_000 }, () => people.next("all-returning"));
    expect(classify([...first, ...second]).returning).toBe(1_000);
  });

  test("the same seed gives the same orders, another one others", () => {
    expect(makeOrders("mixed", 5)).toEqual(makeOrders("mixed", 5));
    expect(makeOrders("mixed", 5)).not.toEqual(makeOrders("mixed", 6));
  });

  test("nobody swallows all others", () => {
    const pairs = makeOrders("merge-heavy");
    const emailsOfPhone = new Map<number, number>();
    for (const { phoneId } of pairs) emailsOfPhone.set(phoneId, (emailsOfPhone.get(phoneId) ?? 0) + 1);
    emailsOfPhone.delete(-1);
    expect(Math.max(...emailsOfPhone.values())).toBeLessThan(40);
  });
});

describe("identifier texts", () => {
  test("are canonical, no junk and distinct", () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => i * 4_999);
    for (const id of ids) {
      expect(isCanonicalEmail(emailText(id)), emailText(id)).toBe(true);
      expect(isCanonicalPhone(phoneText(id)), phoneText(id)).toBe(true);
      expect(isBuiltInJunk("email", emailText(id)) || isBuiltInJunk("phone", phoneText(id))).toBe(false);
    }
    expect(new Set(ids.map(emailText)).size).toBe(ids.length);
    expect(new Set(ids.map(phoneText)).size).toBe(ids.length);
  });
});

describe("request bodies", () => {
  const load = { url: "", itemsPerRequest: 3, connections: 1, warmUpMs: 0, durationMs: 0 };
  const people = { seed: 9, mix: "all-returning", known: 500, newAt: 10_000 } as const;

  test("say what the backlog said, in other words", () => {
    const { email, phone } = createCanonicalizer({});
    const known = createPeople(9);
    const texts = new Set<string>();
    for (let i = 0; i < 500; i++) {
      const { emailId, phoneId } = known.next("all-new");
      if (emailId >= 0) texts.add(emailText(emailId));
      if (phoneId >= 0) texts.add(phoneText(phoneId));
    }
    const next = createBodies({ ...load, kind: "identify", people });
    for (let i = 0; i < 200; i++) {
      const body = JSON.parse(next()) as { email?: string; phoneNumber?: string };
      const values = [email(body.email), phone(body.phoneNumber)].flatMap((read) =>
        read.kind === "ok" ? [String(read.value)] : [],
      );
      expect(values.length).toBe(Object.keys(body).length);
      expect(values.every((value) => texts.has(value))).toBe(true);
    }
  });

  test("come in batches where the kind has them", () => {
    expect(JSON.parse(createBodies({ ...load, kind: "order-batch", people })())).toHaveLength(3);
    expect(JSON.parse(createBodies({ ...load, kind: "lookup-batch", people })())).toHaveLength(3);
  });
});
