/** `kith rebuild` beside a running system: both ways equal, a tampered schema told, and switched while orders come. */
import { closeKafka, connectKafka } from "@kith/kafka";
import { cutLog } from "@kith/kafka/testing";
import { seededRandom } from "@kith/testkit";
import { ask, checkAgainstOracle, inParallel, randomOrders, rowsOf, useSystem } from "@kith/testkit/system";
import { afterAll, describe, expect, test } from "vitest";
import { EXIT } from "../exit-codes.ts";
import { kithEnv, runKith } from "../testing/run-kith.ts";

const world = useSystem({ env: { BATCH_EVENTS_MAX: "50" } });
const random = seededRandom(5);
let series = 0;
/** Somebody else than the owner; roles are the server's, so it is dropped at the end. */
const reader = `kith_reader_${process.pid}`;

/** Orders of people who share emails and phones, so that identities merge; each is an order of its own. */
async function sendOrders(count: number, households = 20): Promise<void> {
  series += 1;
  const orders = randomOrders({ count, households, strangers: 0.05, random, series: `s${series}` });
  await inParallel(orders, 8, async ({ eventId, email, phoneNumber }) => {
    const { status } = await ask(`${world.system.ingressUrl}/v1/orders`, { body: { eventId, email, phoneNumber } });
    expect(status).toBe(202);
  });
}

const run = (words: string[], onWarn?: (line: string) => void) => runKith(words, kithEnv(world), onWarn);

/** Ids as people and subscribers know them: contacts by observation, and where each identity has gone. */
const readIds = () =>
  rowsOf(
    world.db,
    `select 'contact ' || id as id, obs_id::text as of from contact where deleted_at is null
     union all select 'identity ' || id, coalesce(merged_into::text, 'living') from identity order by 1, 2`,
  );

/**
 * Puts an identifier of one identity into another, sizes and all, so that nothing but the evidence tells. Answers the
 * two, the lesser first.
 */
async function tamper(): Promise<number[]> {
  const [row] = await rowsOf<{ robber: number; robbed: number }>(
    world.db,
    "select min(id) as robber, max(id) as robbed from identity where merged_into is null and size > 1",
  );
  const { robber, robbed } = row!;
  await rowsOf(
    world.db,
    `with moved as (
       update identifier set identity_id = ${robber} where (kind, value) = (
         select kind, value from identifier where identity_id = ${robbed}
         order by first_at desc, first_obs desc, kind desc limit 1)
       returning 1
     )
     update identity set size = size + case id when ${robber} then 1 else -1 end
     from moved where id in (${robber}, ${robbed})`,
  );
  return [robber, robbed];
}

/** What others than the owner may do in the schema. */
const readGrants = () =>
  rowsOf(
    world.db,
    `select what, grantee::regrole::text, privilege_type from (
       select 'schema' as what, a.* from pg_namespace n, aclexplode(n.nspacl) a where n.oid = 'kith'::regnamespace
       union all
       select relname, a.* from pg_class c, aclexplode(c.relacl) a where c.relnamespace = 'kith'::regnamespace and c.relname !~ '^outbox_[0-9]'
       union all
       select proname, a.* from pg_proc p, aclexplode(p.proacl) a where p.pronamespace = 'kith'::regnamespace
       union all
       select 'later ' || defaclobjtype::text, a.* from pg_default_acl d, aclexplode(d.defaclacl) a
       where d.defaclnamespace = 'kith'::regnamespace
     ) g where grantee <> 0 and grantee <> current_user::regrole order by 1, 2, 3`,
  );

const isContact = (row: unknown) => (row as { id: string }).id.startsWith("contact");

afterAll(() => rowsOf(world.db, `drop owned by ${reader}; drop role ${reader}`));

describe("kith rebuild", () => {
  test("from the evidence comes to the same, ids and all", async () => {
    const sending = sendOrders(200);
    // A running system is no reason for an alarm.
    const { printed: verdict } = await run(["verify", "--resolved"]);
    expect(verdict.filter((line) => line.includes("wrong"))).toEqual([]);
    await sending;
    await world.system.untilSettled();
    const { exitCode, printed } = await run(["rebuild", "--from", "evidence", "--into", "kith_evidence"]);
    expect(printed).toEqual([
      expect.stringMatching(/^rebuilt [1-9]\d* identities of [1-9]\d* identifiers in kith_evidence$/),
      expect.stringMatching(/^D1 [0-9a-f]{32} kith$/),
      expect.stringMatching(/^D1 [0-9a-f]{32} kith_evidence$/),
      "equal",
    ]);
    expect(exitCode).toBe(EXIT.done);
    const kept = await rowsOf<{ differing: number }>(
      world.db,
      `select count(*) as differing from contact l full join kith_evidence.contact f using (id, obs_id)
       where l.deleted_at is null and f.deleted_at is null and (l.id is null or f.id is null)`,
    );
    expect(kept).toEqual([{ differing: 0 }]);

    const again = await run(["rebuild", "--from", "evidence", "--into", "kith_evidence"]);
    expect(again.exitCode).toBe(EXIT.failed);
    expect(again.warned.at(-1)).toContain("kith_evidence exists already");
  });

  test("from the log comes to the same while orders come, and publishes nothing", async () => {
    const sending = sendOrders(200);
    const { exitCode, printed } = await run(["rebuild", "--from", "log", "--into", "kith_replayed"]);
    expect(printed.at(-1)).toBe("equal");
    expect(exitCode).toBe(EXIT.done);
    await sending;
    const left = await rowsOf(world.db, "select nspname::text from pg_namespace where nspname = 'kith_replayed_log'");
    expect(left).toEqual([]);
    expect((await checkAgainstOracle(world)).faults).toEqual([]);
  });

  test("tells the first identity that differs, by its id, and leaves the live schema alone", async () => {
    const [robber] = await tamper();
    const { exitCode, printed, warned } = await run(["rebuild", "--from", "evidence", "--into", "kith_differs"]);
    expect(exitCode).toBe(EXIT.wrong);
    expect(printed.at(-1)).toMatch(
      new RegExp(`^first difference: identity ${robber}: \\d+ identifiers in kith, \\d+ in`),
    );
    expect(printed.at(-1)).toContain("(2 identities differ)");
    expect(printed[1]!.split(" ")[1]).not.toBe(printed[2]!.split(" ")[1]);
    expect([...printed, ...warned].join("\n")).not.toContain("@x.io");
    expect((await run(["verify"])).exitCode).toBe(EXIT.wrong);
  });

  test.each([
    { from: "evidence", generation: 1 },
    { from: "log", generation: 2 },
  ])(
    "switches to what it rebuilt from the $from: ids stay, the reconciler goes on, subscribers hear of it",
    async (way) => {
      if (way.from === "evidence") {
        await rowsOf(
          world.db,
          `create role ${reader}; grant usage on schema kith to ${reader}; grant select on all tables in schema kith to ${reader};
         grant usage on sequence kith.identity_id_seq to ${reader};
         alter default privileges in schema kith grant select on tables to ${reader}`,
        );
      }
      // The first time the schema is tampered with already.
      const [robber] = way.from === "log" ? await tamper() : [];
      const before = await readIds();
      const grants = await readGrants();
      let sending: Promise<void> | undefined;
      const words = ["rebuild", "--from", way.from, "--into", "kith_next", "--switch"];
      const { exitCode, printed } = await run(words, (line) => {
        // From here on nothing is settled, and what comes waits in the log.
        if (line.startsWith("finding the ids")) sending ??= sendOrders(30);
      });
      expect(printed.at(-1)).toMatch(
        /^switched: kith is the rebuilt schema, and what it was is kith_until_\d{8}t\d{6}$/,
      );
      expect(printed.at(-2)).toContain(`first difference: identity ${robber ?? ""}`);
      expect(exitCode).toBe(EXIT.done);
      expect(sending).toBeDefined();
      await sending;
      // Among others by people who were never seen: they get new ids.
      await sendOrders(60, 400);

      expect((await checkAgainstOracle(world)).faults).toEqual([]);
      expect(await readIds()).toEqual(expect.arrayContaining(before.filter(isContact)));
      expect(await readGrants()).toEqual(grants);
      expect(grants.length).toBeGreaterThan(3);
      const [row] = await rowsOf<{ generation: number; versions: number; identities: number }>(
        world.db,
        `select generation, (select count(*) from identity where version >> 40 = generation) as versions,
         (select count(*) from identity) as identities from deployment`,
      );
      expect(row).toEqual({ generation: way.generation, versions: row!.identities, identities: row!.identities });
      // The functions of the schema find it under its new name.
      await rowsOf(world.db, "select add_outbox_partition(date_trunc('hour', now(), 'UTC') + interval '30 h')");
      const verified = await run(["verify", "--resolved"]);
      expect(verified.printed.filter((line) => line.includes("wrong"))).toEqual([]);
      expect(verified.exitCode).toBe(EXIT.done);
    },
  );

  test("from the log of a topic that was created anew is refused", async () => {
    const earlier = "00000000-0000-4000-8000-000000000001";
    await rowsOf(
      world.db,
      `insert into consumer_offset (topic_id, partition, next_offset) values ('${earlier}', 0, 7)`,
    );
    const { exitCode, warned } = await run(["rebuild", "--from", "log", "--into", "kith_anew"]);
    await rowsOf(world.db, `delete from consumer_offset where topic_id = '${earlier}'`);
    expect(exitCode).toBe(EXIT.failed);
    expect(warned.at(-1)).toContain("kith has records of a topic before this");
  });

  test("from a log that retention has cut is refused", async () => {
    const { topics } = world;
    const [row] = await rowsOf<{ partition: number }>(
      world.db,
      "select partition from consumer_offset where next_offset > 1 limit 1",
    );
    const client = connectKafka({ brokers: topics.brokers, clientId: "kith-test" });
    await cutLog(client, topics.names.orderIdentity, row!.partition, 1);
    await closeKafka(client);
    const { exitCode, warned } = await run(["rebuild", "--from", "log", "--into", "kith_cut"]);
    expect(exitCode).toBe(EXIT.failed);
    expect(warned.at(-1)).toContain(`partition ${row!.partition} starts at offset 1`);
    expect(warned.at(-1)).toContain("Take --from evidence");
  });
});
