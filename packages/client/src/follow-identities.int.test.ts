import type { IdentityResolvedRecord } from "@kith/contracts";
import { closeKafka, connectKafka, createPublisher, partitionOf } from "@kith/kafka";
import { type TestTopics, testTopics } from "@kith/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type FollowIdentitiesOptions, followIdentities } from "./follow-identities.ts";

const PARTITIONS = 6;
const resolvedAt = "2026-11-02T09:00:00.000Z";

let topics: TestTopics;
const closers: (() => Promise<void>)[] = [];
beforeEach(async () => {
  topics = await testTopics();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function follow(options: Partial<FollowIdentitiesOptions> = {}) {
  const kafka = { brokers: topics.brokers, clientId: "kith-client-test" };
  const followed = await followIdentities({ kafka, topicPrefix: topics.prefix, ...options });
  closers.push(followed.stop);
  return followed;
}

/** Publishes values under keys, each key to its partition. */
async function publish(records: readonly (readonly [key: string, value: unknown])[]) {
  const kafka = connectKafka({ brokers: topics.brokers, clientId: "kith-client-test" });
  const publisher = createPublisher(kafka, { deadlineMs: 20_000 });
  await publisher.publish(
    topics.names.identityResolved,
    records.map(([key, value]) => ({
      key,
      value: value === null ? null : JSON.stringify(value),
      partition: partitionOf(key, PARTITIONS),
    })),
  );
  await publisher.close();
  await closeKafka(kafka);
}

function active(identityId: number, version: number): IdentityResolvedRecord {
  const contact = { primaryContactId: identityId, emails: ["a@b.io"], phoneNumbers: [], secondaryContactIds: [] };
  return {
    ...{ v: 1, identityId, version, status: "active", contact, size: 1 },
    ...{ truncated: false, mergedFrom: [], resolvedAt },
  };
}

it("builds its table from the beginning of the topic and keeps it up to date", async () => {
  const merged: IdentityResolvedRecord = { v: 1, identityId: 9, version: 4, status: "merged", into: 12, resolvedAt };
  await publish([
    ["12", active(12, 1)],
    ["9", active(9, 3)],
    ["7", active(7, 1)],
  ]);
  const { table } = await follow();
  await expect.poll(() => [...table.all()].length).toBe(3);

  await publish([
    ["12", active(12, 2)],
    ["9", merged],
    ["7", null],
    ["12", active(12, 2)],
    ["12", active(12, 1)],
  ]);
  await expect.poll(() => table.counts()).toEqual({ applied: 6, repeat: 1, stale: 1, conflict: 0 });
  expect(table.living(9)).toEqual(active(12, 2));
  expect(table.living(7)).toBeUndefined();
});

it("tells of every record, and of those it cannot read", async () => {
  const told: string[] = [];
  const { table } = await follow({
    onEvent: ({ identityId, outcome }) => told.push(`${identityId} ${outcome}`),
    onUnreadable: ({ offset }) => told.push(`unreadable at ${offset}`),
  });
  await publish([
    ["12", active(12, 1)],
    ["12", { v: 2 }],
    ["12", active(12, 2)],
  ]);
  await expect.poll(() => told).toEqual(["12 applied", "unreadable at 1", "12 applied"]);
  expect(table.living(12)).toEqual(active(12, 2));
});

it("sees only what comes from now on, if that is asked for", async () => {
  await publish([["12", active(12, 1)]]);
  const { table } = await follow({ fromBeginning: false });
  await publish([["12", active(12, 2)]]);
  await expect.poll(() => table.living(12)?.version).toBe(2);
  expect(table.counts().applied).toBe(1);
});
