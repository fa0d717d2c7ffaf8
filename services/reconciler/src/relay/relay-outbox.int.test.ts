import type { ActiveIdentityRecord } from "@kith/contracts";
import type { Publisher } from "@kith/kafka";
import { buildObservation } from "@kith/testkit";
import { CompiledQuery } from "kysely";
import { describe, expect, test } from "vitest";
import { relayOutbox, TermLost } from "./relay-outbox.ts";
import { handOver } from "./sql/relay-term.ts";
import { useRelay } from "./testing/use-relay.ts";

const { database, db, session, publisher, reconcile, lead, relayTo, published } = await useRelay();

describe("a relay round", () => {
  test("publishes each changed identity once, in its last version, and nothing the second time", async () => {
    const { relay } = await lead();
    await reconcile([buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 })]);
    await reconcile([buildObservation({ email: "b@x.io", phone: "555001", seenAt: 2 })]);
    expect(await relay()).toBe(1);
    expect(await relay()).toBe(0);
    const [record] = await published();
    expect(record).toMatchObject({ status: "active", version: 2, size: 3, mergedFrom: [], truncated: false });
    expect((record as ActiveIdentityRecord).contact).toMatchObject({
      emails: ["a@x.io", "b@x.io"],
      phoneNumbers: ["555001"],
    });
  });

  test("publishes a redirect for the absorbed identity, and names it in the survivor", async () => {
    const { relay } = await lead();
    await reconcile([
      buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 }),
      buildObservation({ email: "b@x.io", phone: "555002", seenAt: 2 }),
    ]);
    await relay();
    await reconcile([buildObservation({ email: "a@x.io", phone: "555002", seenAt: 3 })]);
    expect(await relay()).toBe(2);
    const records = await published();
    const survivor = records.find((record) => record.status === "active" && record.size === 4);
    const absorbed = records.find((record) => record.status === "merged");
    expect(absorbed).toMatchObject({ into: survivor?.identityId });
    expect(survivor).toMatchObject({ mergedFrom: [absorbed?.identityId], size: 4 });
  });

  test("publishes the first 256 identifiers and secondaries of a large identity", async () => {
    const { relay } = await lead();
    const emails = Array.from({ length: 299 }, (_, index) => `e${index}@x.io`);
    await reconcile(emails.map((email, index) => buildObservation({ email, phone: "555001", seenAt: index + 1 })));
    await relay();
    const [record] = (await published()) as ActiveIdentityRecord[];
    expect(record).toMatchObject({ size: 300, truncated: true });
    expect(record!.contact.phoneNumbers).toEqual(["555001"]);
    expect(record!.contact.emails).toEqual(emails.slice(0, 255));
    expect(record!.contact.secondaryContactIds).toHaveLength(256);
  });

  test("pages a window larger than a page", async () => {
    const { relay } = await lead();
    await reconcile(Array.from({ length: 10 }, (_, i) => buildObservation({ email: `p${i}@x.io`, seenAt: i + 1 })));
    expect(await relay()).toBe(10);
    expect(new Set((await published()).map((record) => record.identityId)).size).toBe(10);
  });

  test("a change whose transaction began first and committed last is not lost", async () => {
    const { relay } = await lead();
    // Draws its outbox number before the other one, and commits after it has been relayed.
    const slow = database.open("writer", 1);
    await slow.connection().execute(async (connection) => {
      await connection.executeQuery(CompiledQuery.raw("begin"));
      await connection.executeQuery(
        CompiledQuery.raw(
          `insert into identity values (900, null, null, 1, now(), 1, 1, '44444444-4444-8444-8444-444444444444');
           insert into outbox (identity_id, version) values (900, 1)`,
        ),
      );
      await reconcile([buildObservation({ email: "fast@x.io", seenAt: 1 })]);
      expect(await relay()).toBe(1);
      await connection.executeQuery(CompiledQuery.raw("commit"));
    });
    expect(await relay()).toBe(1);
    expect((await published()).map((record) => record.identityId)).toContain(900);
  });

  test("of a failed publish nothing is forgotten: the next round repeats it", async () => {
    const { term } = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    const cursor = term.cursor;
    const failing: Publisher = { ...publisher, publish: () => Promise.reject(new Error("no broker")) };
    await expect(relayOutbox(session, term, relayTo(failing))).rejects.toThrow("no broker");
    expect(term.cursor).toBe(cursor);
    expect(await relayOutbox(session, term, relayTo(publisher))).toBe(1);
  });

  test("a relay whose term is over finds out before it publishes", async () => {
    const old = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    await lead();
    await expect(old.relay()).rejects.toThrow(TermLost);
    expect(await published()).toEqual([]);
  });
});

describe("after a leader that was cut off in the middle of its work", () => {
  const versions = async () =>
    (await published()).map((record) => (record.status === "active" ? record.version : `${record.version} merged`));

  test("what it may have published late is published again, so that the newest stands last", async () => {
    const old = await lead();
    await reconcile([buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 })]);
    const late = await old.hang();
    const { relay, republish, term } = await lead();
    expect(term.doubt).toBeDefined();
    await reconcile([buildObservation({ email: "b@x.io", phone: "555001", seenAt: 2 })]);
    expect(await relay()).toBe(1);
    await publisher.publish(late[0]!.topic, late[0]!.records);
    expect(await versions()).toEqual([2, 1]);
    expect(await republish()).toBe(1);
    expect(await versions()).toEqual([2, 1, 2]);
    expect((await lead()).term.doubt).toBeUndefined();
  });

  test("its successor may be cut off as well, at work or at rest: the doubt stays", async () => {
    const first = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    await first.hang();
    const second = await lead();
    await reconcile([buildObservation({ email: "b@x.io", seenAt: 2 })]);
    await second.hang();
    const third = await lead();
    expect(await third.relay()).toBe(2);
    const fourth = await lead();
    expect(await fourth.relay()).toBe(0);
    expect(await fourth.republish()).toBe(2);
  });

  test("only the window that it had begun is published again", async () => {
    const old = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    expect(await old.relay()).toBe(1);
    await reconcile([buildObservation({ email: "b@x.io", seenAt: 2 })]);
    await old.hang();
    await reconcile([buildObservation({ email: "c@x.io", seenAt: 3 })]);
    const { relay, republish } = await lead();
    expect(await relay()).toBe(2);
    expect(await republish()).toBe(1);
  });

  test("nothing is in doubt where all that it had begun is in the log", async () => {
    const { relay } = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    expect(await relay()).toBe(1);
    await reconcile([buildObservation({ email: "b@x.io", seenAt: 2 })]);
    const next = await lead();
    expect(next.term.doubt).toBeUndefined();
    expect(await next.relay()).toBe(1);
  });

  test("all up to now is in doubt after one that notes no windows, as before migration 0006", async () => {
    const old = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    await old.hang();
    await db.executeQuery(CompiledQuery.raw("update relay set window_end = null, window_term = term - 1"));
    await reconcile([buildObservation({ email: "b@x.io", seenAt: 2 })]);
    const { relay, republish } = await lead();
    await reconcile([buildObservation({ email: "c@x.io", seenAt: 3 })]);
    expect(await relay()).toBe(3);
    expect(await republish()).toBe(2);
  });

  test("nothing is in doubt after a leader that ended its work", async () => {
    const { relay, term } = await lead();
    await reconcile([buildObservation({ email: "a@x.io", seenAt: 1 })]);
    expect(await relay()).toBe(1);
    await handOver(session, term.term);
    const next = await lead();
    expect(next.term.doubt).toBeUndefined();
    expect(await next.republish()).toBe(0);
  });
});
