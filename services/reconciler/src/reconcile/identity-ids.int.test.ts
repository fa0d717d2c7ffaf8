import { type TestDatabase, testDatabase } from "@kith/testkit";
import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createIdentityIds } from "./identity-ids.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

test("ids ascend, and none is handed out twice by two stocks", async () => {
  const db = database.open("writer", 1);
  const stocks = [createIdentityIds(), createIdentityIds()];
  const taken: number[] = [];
  for (let round = 0; round < 3; round++) {
    for (const stock of stocks) {
      await stock.reserve(db, 400, 0);
      const ids = Array.from({ length: 400 }, () => stock.take());
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      taken.push(...ids);
    }
  }
  expect(new Set(taken).size).toBe(taken.length);
});

test("a stock from before a restore is forgotten with the generation it was drawn in", async () => {
  const db = database.open("writer", 1);
  const ids = createIdentityIds();
  await ids.reserve(db, 10, 0);
  const before = ids.take();
  // The database was put back to when the sequence stood here.
  const sequenceAt = before + 1_000_000;
  await database
    .open("admin", 1)
    .executeQuery(CompiledQuery.raw(`select setval('identity_id_seq', ${sequenceAt}, false)`));
  await ids.reserve(db, 10, 0);
  expect(ids.take()).toBe(before + 1);
  await ids.reserve(db, 10, 1);
  expect(ids.take()).toBe(sequenceAt);
});
