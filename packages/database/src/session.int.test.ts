import { type TestDatabase, testDatabase } from "@kith/testkit";
import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sendTogether } from "./send-together.ts";
import { withSession } from "./session.ts";
import { defineWrite } from "./statement.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

const raw = (text: string) => CompiledQuery.raw(text);

const changeOffsets = defineWrite<number>(
  "test-change-offsets",
  "update consumer_offset set next_offset = next_offset + $1",
  (by) => [by],
);

test("statements of a session run on one connection, in the order in which they are sent", async () => {
  const db = database.open("writer", 2);
  const rows = await withSession(db, (session) =>
    Promise.all([
      session.executeQuery(raw("select pg_backend_pid() as pid, pg_sleep(0.05)::text, clock_timestamp() as at")),
      session.executeQuery(raw("select pg_backend_pid() as pid, clock_timestamp() as at")),
    ]),
  );
  const [first, second] = rows.map((answer) => answer.rows[0] as { pid: number; at: Date });
  expect(second!.pid).toBe(first!.pid);
  expect(second!.at.getTime()).toBeGreaterThanOrEqual(first!.at.getTime());
});

test("the session goes back to its pool, also when its work fails", async () => {
  const db = database.open("writer", 1);
  await expect(withSession(db, async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(withSession(db, (session) => session.executeQuery(raw("select nonsense")))).rejects.toMatchObject({
    code: "42703",
  });
  expect((await db.executeQuery(raw("select 1 as one"))).rows).toEqual([{ one: 1 }]);
});

test("a write answers how many rows it wrote, alone and together with others", async () => {
  const db = database.open("admin", 1);
  await db.executeQuery(raw("insert into consumer_offset select gen_random_uuid(), n, 0 from generate_series(1, 3) n"));
  expect(await changeOffsets(db, 1)).toEqual([{ written: 3 }]);
  expect(await sendTogether(db, [raw("select 7 as n"), undefined, changeOffsets.query(1)])).toEqual([
    [{ n: 7 }],
    [],
    [{ written: 3 }],
  ]);
});
