/** Rows 31 and 52 of the table: the same event thousands of times, a chain of thousands, a phone that thousands share. */
import { INLINE_MAX, TOPIC_PARTITIONS } from "@kith/contracts";
import { createPublisher, type OutgoingRecord } from "@kith/kafka";
import { ask, readTopic, rowsOf, type World } from "@kith/testkit/system";
import { beforeAll, expect, test } from "vitest";
import { type Answered, lookUp } from "./contact-of.ts";
import { IS_WHOLE_TABLE } from "./rows.ts";

const STORM = 5_000;
const CHAIN = 5_000;
const HUB = IS_WHOLE_TABLE ? 50_000 : 5_000;
const HUB_PHONE = "+14155550131";
/** Answers about the largest identity are as quick as others; here with room for a busy machine. */
const ANSWER_MS_MAX = 1_000;
const SETTLE_LIMIT_MS = 60_000;

export function testBulk(world: World): void {
  beforeAll(async () => {
    const publisher = createPublisher(world.kafka, { deadlineMs: 30_000 });
    await publisher.publish(world.topics.names.orderIdentity, [...storm(), ...chain(), ...hub()]);
    await publisher.close();
    await world.system.untilSettled(SETTLE_LIMIT_MS);
  }, 2 * SETTLE_LIMIT_MS);

  test(`INPUTS 52: ${STORM} identical events → one write`, async () => {
    const { identity, contact } = (await lookUp(world, { email: "storm@x.io" })).body;
    expect(contact.secondaryContactIds).toEqual([]);
    expect(await rowsOf(world.db, "select 1 from contact where event_id = 'storm'")).toHaveLength(1);
    const resolved = await readTopic(world.kafka, world.topics.names.identityResolved);
    expect(resolved.filter(({ key }) => String(key) === String(identity.identityId))).toHaveLength(1);
  });

  test(`INPUTS 52: a chain of ${CHAIN}, split over the partitions → one identity`, async () => {
    const { identity } = (await lookUp(world, { email: "chain0@x.io" })).body;
    expect(identity).toMatchObject({ size: CHAIN + 1, truncated: true });
    const last = CHAIN % 2 === 0 ? { email: `chain${CHAIN / 2}@x.io` } : { phoneNumber: chainPhone((CHAIN - 1) / 2) };
    expect((await lookUp(world, last)).body.identity).toEqual(identity);
  });

  test(`INPUTS 52: one phone with ${HUB} emails → one identity, payload truncated`, async () => {
    const { identity } = (await lookUp(world, { phoneNumber: HUB_PHONE })).body;
    expect(identity).toMatchObject({ size: HUB + 1, truncated: true });
    const resolved = await readTopic(world.kafka, world.topics.names.identityResolved);
    const newest = resolved.findLast(({ key }) => String(key) === String(identity.identityId));
    const { contact, version } = JSON.parse(String(newest?.value)) as { contact: Answered["contact"]; version: number };
    expect(version).toBe(identity.version);
    expect(contact.emails.length + contact.phoneNumbers.length).toBe(INLINE_MAX);
  });

  test(`INPUTS 31: an identity with ${HUB} identifiers → answers in bounded time, ${INLINE_MAX} inline`, async () => {
    const mine = `hub${HUB - 1}@x.io`;
    const began = performance.now();
    const { contact, identity } = (await lookUp(world, { email: mine })).body;
    expect(performance.now() - began).toBeLessThan(ANSWER_MS_MAX);
    expect(contact.emails.length + contact.phoneNumbers.length).toBe(INLINE_MAX);
    expect(contact.secondaryContactIds).toHaveLength(INLINE_MAX);
    expect(contact.emails).toContain(mine);
    expect(contact.emails[0]).toBe("hub0@x.io");
    for (const path of [`/v1/identities/${identity.identityId}`, `/v1/contacts/${contact.primaryContactId}`]) {
      const byId = await ask<Answered>(world.system.queryUrl + path);
      expect(byId.body.identity).toEqual(identity);
    }
  });

  test("INPUTS 31: one more order of it → 200, Kith-Truncated, the email just sent among those shown", async () => {
    const body = { email: "hub-newest@x.io", phoneNumber: HUB_PHONE };
    const began = performance.now();
    const answer = await ask<Answered>(`${world.system.ingressUrl}/api/identify`, { body });
    expect(performance.now() - began).toBeLessThan(2 * ANSWER_MS_MAX);
    expect([answer.status, answer.headers.get("kith-truncated")]).toEqual([200, "true"]);
    expect(answer.body.contact.emails).toContain("hub-newest@x.io");
    expect(answer.body.contact.emails.length + answer.body.contact.phoneNumbers.length).toBe(INLINE_MAX);
  });
}

function storm(): OutgoingRecord[] {
  const value = observation("storm", { email: "storm@x.io", phone: "7000520" }, 1);
  return Array.from({ length: STORM }, (_, n) => ({ key: "storm@x.io", value, partition: n % TOPIC_PARTITIONS }));
}

/** e0-p0, p0-e1, e1-p1, p1-e2, …: each link brings one more identifier. */
function chain(): OutgoingRecord[] {
  return Array.from({ length: CHAIN }, (_, n) => {
    const email = `chain${Math.ceil(n / 2)}@x.io`;
    const value = observation(`chain-${n}`, { email, phone: chainPhone(Math.floor(n / 2)) }, n + 1);
    return { key: email, value, partition: (n * 7) % TOPIC_PARTITIONS };
  });
}

function hub(): OutgoingRecord[] {
  return Array.from({ length: HUB }, (_, n) => {
    const email = `hub${n}@x.io`;
    const value = observation(`hub-${n}`, { email, phone: HUB_PHONE }, n + 1);
    return { key: email, value, partition: n % TOPIC_PARTITIONS };
  });
}

const chainPhone = (n: number): string => String(71_000_000 + n);

function observation(eventId: string, identifiers: { email: string; phone: string }, seenAt: number): string {
  return JSON.stringify({ v: 1, eventId, ...identifiers, seenAt, normVersion: 1 });
}
