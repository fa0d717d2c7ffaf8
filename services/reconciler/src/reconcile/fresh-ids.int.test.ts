import { type TestDatabase, testDatabase } from "@kith/testkit";
import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFreshIds, type FreshIds } from "./fresh-ids.ts";

const KINDS = [
  { kind: "identity", sequence: "identity_id_seq", take: (ids: FreshIds) => ids.takeIdentity() },
  { kind: "contact", sequence: "contact_id_seq", take: (ids: FreshIds) => ids.takeContact() },
] as const;

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

/** Puts the database back to when the sequence stood here. */
async function putBack(sequence: string, next: number): Promise<void> {
  await database.open("admin", 1).executeQuery(CompiledQuery.raw(`select setval('${sequence}', ${next}, false)`));
}

test.each(KINDS)("$kind ids ascend, and none is handed out twice by two stocks", async ({ take }) => {
  const db = database.open("writer", 1);
  const stocks = [createFreshIds(), createFreshIds()];
  const taken: number[] = [];
  for (let round = 0; round < 3; round++) {
    for (const stock of stocks) {
      await stock.reserve(db, 400, 0);
      const ids = Array.from({ length: 400 }, () => take(stock));
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      taken.push(...ids);
    }
  }
  expect(new Set(taken).size).toBe(taken.length);
});

test.each(KINDS)("$kind ids from before a restore are forgotten with their generation", async ({ sequence, take }) => {
  const db = database.open("writer", 1);
  const ids = createFreshIds();
  await ids.reserve(db, 10, 0);
  const before = take(ids);
  const sequenceAt = before + 1_000_000;
  await putBack(sequence, sequenceAt);
  await ids.reserve(db, 10, 0);
  expect(take(ids)).toBe(before + 1);
  await ids.reserve(db, 10, 1);
  expect(take(ids)).toBe(sequenceAt);
});

test.each(KINDS)("a forgotten stock of $kind ids is drawn anew", async ({ sequence, take }) => {
  const db = database.open("writer", 1);
  const ids = createFreshIds();
  await ids.reserve(db, 10, 0);
  const sequenceAt = take(ids) + 1_000_000;
  await putBack(sequence, sequenceAt);
  ids.forget();
  await ids.reserve(db, 10, 0);
  expect(take(ids)).toBe(sequenceAt);
});

test.each(KINDS)(
  "$kind ids that were drawn with other statements need not be drawn again",
  async ({ sequence, take }) => {
    const db = database.open("writer", 1);
    const ids = createFreshIds();
    await putBack(sequence, 5_000_000);
    ids.restock((await db.executeQuery(ids.toDraw(400)!)).rows, 7);
    ids.restock((await db.executeQuery(ids.toDraw(1_000)!)).rows, 7);
    expect(ids.toDraw(1_000)).toBeUndefined();
    await ids.reserve(db, 1_000, 7);
    const taken = Array.from({ length: 1_000 }, () => take(ids));
    expect(taken).toEqual(Array.from({ length: 1_000 }, (_, index) => 5_000_000 + index));
  },
);

test("an id that was not reserved is not made up", () => {
  expect(() => createFreshIds().takeContact()).toThrow(RangeError);
});
