import type { OutgoingRecord, Publisher } from "@kith/kafka";
import { buildObservation } from "@kith/testkit";
import { CompiledQuery } from "kysely";
import { describe, expect, test } from "vitest";
import { createRecentIdentities, type RecentIdentities } from "./recent-identities.ts";
import { relayOutbox, republishDoubtful } from "./relay-outbox.ts";
import { useRelay } from "./testing/use-relay.ts";

const { db, session, publisher, reconcile, created, lead, relayTo, published } = await useRelay();

describe("what this process has just created", () => {
  /** Relays what has happened since `cursor`, with this memory. Answers the records, and how many were not read. */
  async function relayFrom(cursor: string, recent: RecentIdentities) {
    const { term } = await lead();
    term.cursor = cursor;
    const records: OutgoingRecord[] = [];
    let remembered = 0;
    const keeping: Publisher = {
      ...publisher,
      publish: async (_topic, more) => {
        records.push(...more);
        return [];
      },
    };
    const counting: RecentIdentities = {
      ...recent,
      take(id, version) {
        const row = recent.take(id, version);
        if (row !== undefined) remembered += 1;
        return row;
      },
    };
    await relayOutbox(session, term, relayTo(keeping, counting));
    return { records: records.sort((a, b) => Number(a.key) - Number(b.key)), remembered };
  }

  test("is published without being read, octet for octet as if it had been", async () => {
    const { cursor } = (await lead()).term;
    await reconcile([
      buildObservation({ email: "pair@x.io", phone: "555001", seenAt: 5 }),
      buildObservation({ email: "alone@x.io", seenAt: 4 }),
      buildObservation({ phone: "555002", seenAt: 3 }),
      // One identity of three orders, the oldest of which comes last.
      buildObservation({ email: "chain1@x.io", phone: "555003", seenAt: 9 }),
      buildObservation({ email: "chain2@x.io", phone: "555003", seenAt: 8 }),
      buildObservation({ email: "chain2@x.io", phone: "555004", seenAt: 7 }),
    ]);
    const recent = createRecentIdentities();
    recent.note(created);
    const fromMemory = await relayFrom(cursor, recent);
    const read = await relayFrom(cursor, createRecentIdentities());
    expect([fromMemory.remembered, read.remembered]).toEqual([4, 0]);
    expect(fromMemory.records).toEqual(read.records);
  });

  test("is read if it has changed since", async () => {
    const { cursor } = (await lead()).term;
    await reconcile([buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 })]);
    await reconcile([buildObservation({ email: "b@x.io", phone: "555001", seenAt: 2 })]);
    const recent = createRecentIdentities();
    recent.note(created);
    const { records, remembered } = await relayFrom(cursor, recent);
    expect(remembered).toBe(0);
    expect(records.map((record) => JSON.parse(String(record.value)))).toMatchObject([{ version: 2, size: 3 }]);
  });

  test("is read where a leader before may have published something newer", async () => {
    const old = await lead();
    await reconcile([buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 })]);
    await old.hang();
    await reconcile([buildObservation({ email: "b@x.io", phone: "555001", seenAt: 2 })]);
    const recent = createRecentIdentities();
    recent.note(created);
    const { term } = await lead();
    expect(await republishDoubtful(session, term, relayTo(publisher, recent))).toBe(1);
    expect(await published()).toMatchObject([{ version: 2 }]);
  });

  test("is not what a batch put together from several identities", async () => {
    await reconcile([buildObservation({ email: "a@x.io", phone: "555001", seenAt: 1 })]);
    created.length = 0;
    await reconcile([buildObservation({ email: "b@x.io", phone: "555001", seenAt: 2 })]);
    expect(created).toEqual([]);
  });

  test("is told of only when the batch is committed", async () => {
    // Looked at by the commit itself: two identities of one size.
    await db.executeQuery(
      CompiledQuery.raw("alter table identity add constraint refuses unique (size) deferrable initially deferred"),
    );
    try {
      const observations = ["a@x.io", "b@x.io"].map((email) => buildObservation({ email, seenAt: 1 }));
      await expect(reconcile(observations)).rejects.toThrow("refuses");
    } finally {
      await db.executeQuery(CompiledQuery.raw("alter table identity drop constraint refuses"));
    }
    expect(created).toEqual([]);
  });
});
