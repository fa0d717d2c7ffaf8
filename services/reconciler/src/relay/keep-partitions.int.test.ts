/** The outbox's partitions come and go, with nothing lost and nobody held up. */
import type { Database } from "@kith/database";
import { createLogger } from "@kith/service-kit";
import { type TestDatabase, testDatabase } from "@kith/testkit";
import { rowsOf } from "@kith/testkit/system";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { keepPartitions } from "./keep-partitions.ts";

let database: TestDatabase;
let db: Database;
let writer: Database;
const warned: unknown[] = [];
const logger = createLogger({ service: "test", level: "silent" });
logger.warn = (...args: unknown[]) => void warned.push(args);

beforeAll(async () => {
  database = await testDatabase();
  db = database.open("admin");
  writer = database.open("writer");
});
afterAll(() => database.drop());

const partitions = async () =>
  (
    await rowsOf<{ name: string }>(
      db,
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'outbox'::regclass order by 1",
    )
  ).map(({ name }) => name);

/** The hour that is `hours` from now, as SQL, and the name of its partition. */
const hourAt = (hours: number) => `date_trunc('hour', now(), 'UTC') + interval '${hours} hours'`;
async function nameOf(hours: number): Promise<string> {
  const [row] = await rowsOf<{ name: string }>(
    db,
    `select 'outbox_' || to_char((${hourAt(hours)}) at time zone 'UTC', 'YYYYMMDDHH24') as name`,
  );
  return row!.name;
}

/** As it was made when that hour was still to come. */
async function makePartition(hours: number): Promise<string> {
  const name = await nameOf(hours);
  const [row] = await rowsOf<{ bounds: string }>(
    db,
    `select format('from (%L) to (%L)', ${hourAt(hours)}, ${hourAt(hours + 1)}) as bounds`,
  );
  await rowsOf(db, `create table ${name} partition of outbox for values ${row!.bounds}`);
  return name;
}

/** A change of an identity in the first minute of that hour. */
const change = (hours: number, identity: number, by = db) =>
  rowsOf(
    by,
    `insert into outbox (identity_id, version, at) values (${identity}, 1, ${hourAt(hours)} + interval '1 s')`,
  );
const publishAll = () => rowsOf(db, "update relay set cursor = pg_current_snapshot()");
const identities = async () =>
  (await rowsOf<{ id: number }>(db, "select identity_id as id from outbox order by 1")).map(({ id }) => id);
const keep = () => keepPartitions({ db: writer, logger });

beforeEach(async () => {
  for (const name of await partitions()) if (name !== "outbox_default") await rowsOf(db, `drop table ${name}`);
  await rowsOf(db, "truncate outbox");
  warned.length = 0;
});

describe("partitions ahead", () => {
  test("are made for the next hours, once", async () => {
    expect(await keep()).toBe(true);
    const made = ["outbox_default", await nameOf(1), await nameOf(2), await nameOf(3)].sort();
    expect((await partitions()).sort()).toEqual(made);
    expect(await keep()).toBe(true);
    expect((await partitions()).sort()).toEqual(made);
    expect(warned).toEqual([]);
  });

  test("take their rows as the outbox does: numbered, stamped and found by their transaction", async () => {
    await keep();
    await change(0, 1);
    await change(1, 2);
    const rows = await rowsOf<{ place: string; is_next: boolean; is_stamped: boolean }>(
      db,
      `select tableoid::regclass::text as place, seq > coalesce(lag(seq) over (order by identity_id), 0) as is_next,
         xid is not null as is_stamped from outbox order by identity_id`,
    );
    expect(rows).toEqual([
      { place: "outbox_default", is_next: true, is_stamped: true },
      { place: await nameOf(1), is_next: true, is_stamped: true },
    ]);
    const indexed = await rowsOf(db, `select 1 from pg_index where indrelid = '${await nameOf(1)}'::regclass`);
    expect(indexed).toHaveLength(1);
  });

  test("are left out where the default partition has rows of that hour, and the others are made", async () => {
    await change(2, 1);
    expect(await keep()).toBe(true);
    expect((await partitions()).sort()).toEqual(["outbox_default", await nameOf(1), await nameOf(3)].sort());
    expect(warned).toHaveLength(1);
  });
});

describe("old partitions", () => {
  test("go once all of their rows are published, and an hour is kept", async () => {
    for (const hours of [-3, -2, -1]) await makePartition(hours);
    for (const hours of [-3, -2, -1]) await change(hours, -hours);
    await publishAll();
    expect(await keep()).toBe(true);
    expect(await identities()).toEqual([1]);
    expect(await partitions()).toContain(await nameOf(-1));
    expect(await partitions()).not.toContain(await nameOf(-2));
  });

  test("stay while one row is not published, and so do all that came after", async () => {
    for (const hours of [-4, -3, -2]) await makePartition(hours);
    await change(-4, 4);
    await publishAll();
    await change(-3, 3);
    await change(-2, 2);
    expect(await keep()).toBe(true);
    expect(await identities()).toEqual([2, 3]);
    expect(await partitions()).toContain(await nameOf(-3));
    await publishAll();
    await keep();
    expect(await identities()).toEqual([]);
  });

  test("stay while a transaction that began before the cursor and ended after it wrote to them", async () => {
    const name = await makePartition(-3);
    const slow = database.open("writer", 1);
    await slow.connection().execute(async (session) => {
      await rowsOf(session, "begin");
      await change(-3, 7, session);
      // Later transactions are published: the cursor's snapshot is above this one's and does not see it.
      await change(-3, 8);
      await publishAll();
      await rowsOf(session, "commit");
    });
    expect(await keep()).toBe(true);
    expect(await partitions()).toContain(name);
    expect(await identities()).toEqual([7, 8]);
  });

  test("wait for what is older in the default partition", async () => {
    await change(-5, 5);
    await publishAll();
    const name = await makePartition(-3);
    await change(-3, 3);
    await publishAll();
    await change(-6, 6);
    await keep();
    // Identity 6 is not published: what came after it stays as well.
    expect(await identities()).toEqual([3, 5, 6]);
    await publishAll();
    await keep();
    expect(await partitions()).not.toContain(name);
    expect(await identities()).toEqual([]);
  });
});

describe("the default partition", () => {
  test("is emptied when all of it is old and published", async () => {
    await change(-3, 3);
    await change(-2, 2);
    await publishAll();
    const [before] = await rowsOf<{ file: string }>(db, "select pg_relation_filepath('outbox_default') as file");
    await keep();
    expect(await identities()).toEqual([]);
    const [after] = await rowsOf<{ file: string }>(db, "select pg_relation_filepath('outbox_default') as file");
    expect(after).not.toEqual(before);
  });

  test("loses its oldest rows while it is in use", async () => {
    await change(-3, 3);
    await change(-2, 2);
    await publishAll();
    await change(-1, 1);
    await change(0, 0);
    await keep();
    expect(await identities()).toEqual([0, 1]);
  });

  test("keeps a row that is not published, and what is younger", async () => {
    await change(-4, 4);
    await publishAll();
    await change(-3, 3);
    await change(-2, 2);
    await keep();
    expect(await identities()).toEqual([2, 3]);
  });
});

describe("a role that does not own the tables", () => {
  const role = "kith_test_writes_outbox";
  const asRole = (name: string) =>
    database
      .open("admin", 1)
      .connection()
      .execute(async (session) => {
        await rowsOf(session, `set session authorization ${name}`);
        return keepPartitions({ db: session, logger });
      });

  async function makeRole(name: string, rights: string): Promise<void> {
    await rowsOf(db, `drop role if exists ${name}`);
    await rowsOf(db, `create role ${name}`);
    await rowsOf(db, `grant usage on schema ${database.schema} to ${name}`);
    await rowsOf(db, `grant ${rights} on all tables in schema ${database.schema} to ${name}`);
  }
  async function dropRole(name: string): Promise<void> {
    await rowsOf(db, `drop owned by ${name}`);
    await rowsOf(db, `drop role ${name}`);
  }

  test("keeps the partitions if it may write to the outbox", async () => {
    await makeRole(role, "select, insert, update, delete");
    const old = await makePartition(-3);
    await change(-4, 4);
    await publishAll();
    expect(await asRole(role)).toBe(true);
    expect(warned).toEqual([]);
    expect((await partitions()).length).toBe(4);
    expect(await partitions()).not.toContain(old);
    expect(await identities()).toEqual([]);
    await dropRole(role);
  });

  test("does nothing if it may only read", async () => {
    await makeRole(`${role}_not`, "select");
    const old = await makePartition(-3);
    await publishAll();
    expect(await asRole(`${role}_not`)).toBe(true);
    expect(warned).toHaveLength(4);
    expect((await partitions()).sort()).toEqual([old, "outbox_default"].sort());
    await dropRole(`${role}_not`);
  });
});

test("writers are not held up: whoever waits for them gives up soon, and tries again", async () => {
  const name = await makePartition(-3);
  await publishAll();
  const open = database.open("writer", 1);
  const waits: number[] = [];
  await open.connection().execute(async (session) => {
    await rowsOf(session, "begin");
    await change(0, 1, session);
    let isOver = false;
    const keeping = keep().then((isDone) => {
      isOver = true;
      return isDone;
    });
    while (!isOver) {
      const started = performance.now();
      await change(0, 2);
      waits.push(performance.now() - started);
    }
    expect(await keeping).toBe(false);
    await rowsOf(session, "commit");
  });
  expect(await partitions()).toContain(name);
  // The open transaction held the default partition and the outbox: five locks were waited for, a tenth of a second each.
  expect(Math.max(...waits)).toBeLessThan(20_000);
  expect(Math.max(...waits)).toBeGreaterThan(50);
  await publishAll();
  expect(await keep()).toBe(true);
  expect(await partitions()).not.toContain(name);
  expect(warned).toEqual([]);
});
