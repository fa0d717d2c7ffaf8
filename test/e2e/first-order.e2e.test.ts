/** The worked examples, literally, on an empty database: from HTTP to the log, the graph, the answers and the snapshots. */
import { identityResolvedRecord, type LookupAnswer } from "@kith/contracts";
import { partitionOf } from "@kith/kafka";
import { ask, foldResolved, readTopic, rowsOf, tableStates, until, useSystem } from "@kith/testkit/system";
import { describe, expect, test } from "vitest";

const LORRAINE = "lorraine@hillvalley.edu";
const MCFLY = "mcfly@hillvalley.edu";
const GEORGE = "george@hillvalley.edu";
const BIFF = "biffsucks@hillvalley.edu";

type Identified = {
  contact: {
    primaryContactId: number;
    emails: string[];
    phoneNumbers: string[];
    secondaryContactIds: number[];
  };
};

const world = useSystem();

const identify = (body: unknown, path = "/api/identify") =>
  ask<Identified>(`${world.system.ingressUrl}${path}`, { body });
const read = <T = LookupAnswer>(path: string) => ask<T>(`${world.system.queryUrl}${path}`);
const lookUp = <T = LookupAnswer>(body: unknown) => ask<T>(`${world.system.queryUrl}/v1/contacts/lookup`, { body });

/** The records of the topic once `isThere` says that they are complete. */
async function resolvedOnce(isThere: (folded: ReturnType<typeof foldResolved>) => boolean) {
  return until("the snapshots are published", async () => {
    const records = await readTopic(world.kafka, world.topics.names.identityResolved);
    const folded = foldResolved(records);
    return isThere(folded) ? { records, ...folded } : undefined;
  });
}

describe("lorraine and mcfly share a phone", () => {
  let primary: number;
  let secondary: number;

  test("nobody is known at first", async () => {
    const answer = await lookUp<{ code: string }>({ email: LORRAINE });
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer.body).toEqual({
      type: "urn:kith:problem:unknown-contact",
      title: "No such contact",
      status: 404,
      code: "unknown-contact",
      errors: [],
    });
  });

  test("the first order makes a primary", async () => {
    const answer = await identify({ email: LORRAINE, phoneNumber: "123456" });
    expect(answer.status).toBe(200);
    primary = answer.body.contact.primaryContactId;
    expect(primary).toBeGreaterThan(0);
    expect(answer.body).toEqual({
      contact: { primaryContactId: primary, emails: [LORRAINE], phoneNumbers: ["123456"], secondaryContactIds: [] },
    });
  });

  test("an order with the same phone and a new email makes a secondary", async () => {
    const answer = await identify({ email: MCFLY, phoneNumber: "123456" });
    expect(answer.status).toBe(200);
    expect(answer.body.contact.secondaryContactIds).toHaveLength(1);
    secondary = answer.body.contact.secondaryContactIds[0] as number;
    expect(secondary).toBeGreaterThan(primary);
    expect(answer.body).toEqual(consolidated());
  });

  test.each([
    [{ phoneNumber: "123456" }],
    [{ email: LORRAINE }],
    [{ email: MCFLY, phoneNumber: null }],
    [{ email: null, phoneNumber: "123456" }],
    [{ phoneNumber: 123456 }],
    [{ email: " LORRAINE@HillValley.edu ", phoneNumber: 123456 }],
    [{ email: MCFLY, phoneNumber: "123 456", favouriteColour: "ignored by the classic call" }],
  ])("whatever they order next comes to the same contact: %j", async (body) => {
    for (const path of ["/api/identify", "/identify"]) {
      const answer = await identify(body, path);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(consolidated());
    }
  });

  test("a repeated request writes nothing", async () => {
    await world.system.untilSettled();
    const before = await tableStates(world.db);
    expect(before.contact).toMatch(/^2 rows/);
    expect(before.outbox).toMatch(/^2 rows/);
    for (const body of [{ email: MCFLY, phoneNumber: "123456" }, { phoneNumber: 123456 }, { email: LORRAINE }]) {
      expect((await identify(body)).body).toEqual(consolidated());
    }
    await world.system.untilSettled();
    expect(await tableStates(world.db)).toEqual(before);
  });

  test("both ids, the lookup and the identity answer alike", async () => {
    const byPrimary = await read(`/v1/contacts/${primary}`);
    const { identity } = byPrimary.body;
    const expected = { ...consolidated(), identity: { ...identity, size: 3, truncated: false } };
    expect(byPrimary.status).toBe(200);
    expect(byPrimary.body).toEqual(expected);
    expect((await read(`/v1/contacts/${secondary}`)).body).toEqual(expected);
    expect((await read(`/v1/identities/${identity.identityId}`)).body).toEqual(expected);
    expect((await lookUp({ email: LORRAINE, phoneNumber: "123456" })).body).toEqual(expected);
    expect((await read(`/v1/contacts?email=${MCFLY}&phoneNumber=123456`)).body).toEqual(expected);
    expect((await lookUp({ email: LORRAINE, phoneNumber: "555555" })).body).toEqual({
      ...expected,
      unmatched: ["phoneNumber"],
    });
  });

  test("the classic table shows them", async () => {
    const rows = await rowsOf(
      world.db,
      'select id, email, "phoneNumber", "linkedId", "linkPrecedence" from contacts order by id',
    );
    expect(rows).toEqual([
      { id: primary, email: LORRAINE, phoneNumber: "123456", linkedId: null, linkPrecedence: "primary" },
      { id: secondary, email: MCFLY, phoneNumber: "123456", linkedId: primary, linkPrecedence: "secondary" },
    ]);
  });

  function consolidated(): Identified {
    return {
      contact: {
        primaryContactId: primary,
        emails: [LORRAINE, MCFLY],
        phoneNumbers: ["123456"],
        secondaryContactIds: [secondary],
      },
    };
  }
});

describe("george turns out to be biff", () => {
  let georgesContact: number;
  let biffsContact: number;
  let identityIds: number[];
  let versions: number[];

  test("two people at first", async () => {
    const george = await identify({ email: GEORGE, phoneNumber: "919191" });
    const biff = await identify({ email: BIFF, phoneNumber: "717171" });
    georgesContact = george.body.contact.primaryContactId;
    biffsContact = biff.body.contact.primaryContactId;
    expect(george.body.contact.emails).toEqual([GEORGE]);
    expect(biff.body.contact.emails).toEqual([BIFF]);
    const identities = [await lookUp({ email: GEORGE }), await lookUp({ email: BIFF })].map(
      ({ body }) => body.identity,
    );
    identityIds = identities.map((one) => one.identityId);
    versions = identities.map((one) => one.version);
    const both = await lookUp<{ code: string; identityIds: number[] }>({ email: GEORGE, phoneNumber: "717171" });
    expect(both.status).toBe(409);
    expect(both.body).toMatchObject({ code: "different-identities", identityIds });
  });

  test("one order joins them: the oldest stays primary", async () => {
    const answer = await identify({ email: GEORGE, phoneNumber: "717171" });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(merged());
    for (const body of [{ email: BIFF }, { phoneNumber: 919191 }, { email: BIFF, phoneNumber: "919191" }]) {
      expect((await identify(body)).body).toEqual(merged());
    }
  });

  test("the old ids still resolve", async () => {
    for (const contactId of [georgesContact, biffsContact]) {
      const answer = await read(`/v1/contacts/${contactId}`);
      expect(answer.status).toBe(200);
      expect(answer.body.contact).toEqual(merged().contact);
    }
    const { identityId, version } = (await lookUp({ email: GEORGE })).body.identity;
    expect(identityIds).toContain(identityId);
    expect(version).toBeGreaterThan(Math.max(...versions));
    const absorbed = identityIds.find((id) => id !== identityId) as number;
    const expected = { identityId, version, size: 4, truncated: false };
    expect((await read(`/v1/identities/${identityId}`)).body).toEqual({ ...merged(), identity: expected });
    const answer = await read(`/v1/identities/${absorbed}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...merged(), identity: { ...expected, mergedFrom: [absorbed] } });
  });

  test("subscribers get the merged snapshot and a redirect for the absorbed identity", async () => {
    const { identityId, version } = (await lookUp({ email: GEORGE })).body.identity;
    const absorbed = identityIds.find((id) => id !== identityId) as number;
    const { records, identities } = await resolvedOnce(
      (folded) =>
        folded.identities.get(identityId)?.version === version && folded.identities.get(absorbed)?.status === "merged",
    );
    const snapshot = identities.get(identityId);
    expect(snapshot).toEqual({
      v: 1,
      identityId,
      version,
      status: "active",
      contact: merged().contact,
      size: 4,
      truncated: false,
      mergedFrom: [absorbed],
      resolvedAt: snapshot?.resolvedAt,
    });
    const redirect = identities.get(absorbed);
    expect(redirect).toEqual({
      v: 1,
      identityId: absorbed,
      version: redirect?.version,
      status: "merged",
      into: identityId,
      resolvedAt: snapshot?.resolvedAt,
    });
    expect(new Date(snapshot?.resolvedAt ?? "").toISOString()).toBe(snapshot?.resolvedAt);

    // Lorraine, George, Biff: three identities, and nothing of anybody else.
    expect(identities.size).toBe(3);
    for (const { key, value, headers, partition } of records) {
      const record = identityResolvedRecord.parse(JSON.parse(String(value)));
      expect(partition).toBe(partitionOf(key, 6));
      expect(String(headers.ce_id)).toBe(`${record.identityId}.${record.version}`);
      expect(String(headers.ce_type)).toBe("identity.resolved.v1");
      expect(String(headers.ce_specversion)).toBe("1.0");
      expect(String(headers["content-type"])).toBe("application/json");
    }
  });

  function merged(): Identified {
    return {
      contact: {
        primaryContactId: georgesContact,
        emails: [GEORGE, BIFF],
        phoneNumbers: ["919191", "717171"],
        secondaryContactIds: [biffsContact],
      },
    };
  }
});

describe("an order that nobody waits for", () => {
  test("is acknowledged with a receipt, and the receipt gives read-your-writes", async () => {
    const { ingressUrl, queryUrl } = world.system;
    const body = { eventId: "evt-doc", orderId: "order-88", email: "doc@hillvalley.edu", phoneNumber: "888888" };
    const accepted = await ask<{ eventId: string; receipt: string }>(`${ingressUrl}/v1/orders`, { body });
    expect(accepted.status).toBe(202);
    const { receipt } = accepted.body;
    expect(accepted.body).toEqual({ eventId: "evt-doc", receipt });
    expect(accepted.headers.get("kith-receipt")).toBe(receipt);
    expect(accepted.headers.get("location")).toBe(`${queryUrl}/v1/receipts/${receipt}`);

    const found = await lookUp({ email: "doc@hillvalley.edu", receipt, waitMs: 10_000 });
    expect(found.status).toBe(200);
    expect(found.body.contact).toMatchObject({ emails: ["doc@hillvalley.edu"], phoneNumbers: ["888888"] });
    expect((await read(`/v1/receipts/${receipt}?waitMs=1000`)).body).toEqual({ status: "applied" });
  });

  test("identify answers at once when asked to, and its receipt can be followed", async () => {
    const accepted = await ask<{ receipt: string }>(`${world.system.ingressUrl}/api/identify`, {
      body: { email: "doc@hillvalley.edu", phoneNumber: 881955 },
      headers: { prefer: "respond-async" },
    });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get("preference-applied")).toBe("respond-async");
    const { receipt } = accepted.body;
    expect((await read(`/v1/receipts/${receipt}?waitMs=10000`)).body).toEqual({ status: "applied" });
    expect((await lookUp({ phoneNumber: "881955" })).body.contact.emails).toEqual(["doc@hillvalley.edu"]);
  });

  test("a receipt of nobody's is refused", async () => {
    const answer = await read<{ code: string }>("/v1/receipts/not-a-receipt");
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe("invalid-receipt");
  });
});

test("in the end nothing lags", async () => {
  await world.system.untilSettled();
  const records = await readTopic(world.kafka, world.topics.names.orderIdentity);
  const { body } = await read<{ partitions: { partition: number; nextOffset: number; logEnd: number; lag: number }[] }>(
    "/v1/progress",
  );
  const ends = Array.from({ length: 6 }, (_, partition) => records.filter((one) => one.partition === partition).length);
  expect(body).toEqual({
    topic: world.topics.names.orderIdentity,
    partitions: ends.map((end, partition) => ({ partition, nextOffset: end, logEnd: end, lag: 0 })),
    lag: 0,
    relayAgeMs: 0,
    deadLetters: {},
  });
});

test("no email and no phone is in any log line", () => {
  const logs = world.system.logs();
  expect(logs).toContain('"service":"ingress"');
  for (const value of ["hillvalley", "123456", "919191", "717171", "888888"]) expect(logs).not.toContain(value);
});
