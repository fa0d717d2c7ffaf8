/** Rows 8 to 30 of the table as far as they are accepted: what goes in, and what is known of it afterwards. */
import { ask, readTopic, rowsOf, type World } from "@kith/testkit/system";
import { describe, expect, test } from "vitest";
import { type Answered, identify, lookUp, order } from "./contact-of.ts";
import { noteSent } from "./sent-values.ts";

const A64 = "a".repeat(64);
const LONG_DOMAIN = `${`${"d".repeat(49)}.`.repeat(3)}${"e".repeat(34)}.com`;

/** Spellings of one identifier, and the form all of them get. The row is that of the table. */
const SPELLINGS: readonly [
  row: number,
  name: string,
  kind: "email" | "phoneNumber",
  canonical: string,
  spellings: readonly unknown[],
][] = [
  [13, "a local part of 64, 254 octets in all", "email", `${A64}@${LONG_DOMAIN}`, [`${A64}@${LONG_DOMAIN}`]],
  [14, "upper case", "email", "doc.brown@hillvalley.edu", ["Doc.Brown@HillValley.EDU", "DOC.BROWN@hillvalley.edu"]],
  [14, "outer spaces", "email", "spaces@hillvalley.edu", ["  spaces@hillvalley.edu   ", "spaces@hillvalley.edu "]],
  [14, "outer spaces around a phone", "phoneNumber", "551122", [" 551122", "551122  "]],
  [
    15,
    "ü.de and its punycode",
    "email",
    "umlaut@xn--tda.de",
    ["umlaut@ü.de", "umlaut@XN--TDA.de", "umlaut@u\u0308.de", "Umlaut@Ü.DE"],
  ],
  [15, "NFC and NFD é in a domain", "email", "accent@xn--caf-dma.fr", ["accent@caf\u00e9.fr", "accent@cafe\u0301.fr"]],
  [
    15,
    "letters a domain maps to ASCII",
    "email",
    "mapped@kith.example",
    ["mapped@\u212aith.example", "mapped@ｋｉｔｈ.example", "mapped@kith。example"],
  ],
  [
    18,
    "+1 (415) 555-0100",
    "phoneNumber",
    "+14155550100",
    ["+1 (415) 555-0100", "0014155550100", "+14155550100", "+1.415.555.0100"],
  ],
  [18, "a local number", "phoneNumber", "5512345", ["5512345", "551-23.45", "(551) 23 45", 5_512_345]],
];

export function testAccepted(world: World): void {
  describe("spellings of one identifier", () => {
    for (const [row, name, kind, canonical, spellings] of SPELLINGS) {
      test(`INPUTS ${row}: ${name} → one identifier`, async () => {
        const contacts = [];
        for (const spelling of spellings) contacts.push(await identify(world, { [kind]: spelling }));
        for (const { primaryContactId, emails, phoneNumbers } of contacts) {
          expect(primaryContactId).toBe(contacts[0]?.primaryContactId);
          expect([...emails, ...phoneNumbers]).toEqual([canonical]);
        }
      });
    }
  });

  test("INPUTS 8: unknown properties on identify → ignored", async () => {
    const ignored = { nickname: "doc", seenAt: 1, obsId: "x", dropped: ["email"], a: { b: [{ c: 1 }] } };
    expect(await identify(world, { email: "ignored@x.io", ...ignored })).toMatchObject({ emails: ["ignored@x.io"] });
  });

  test.each([
    ["phone null", { email: "onlyemail@x.io", phoneNumber: null }, ["onlyemail@x.io"]],
    ["email null", { email: null, phoneNumber: 8_811_881 }, ["8811881"]],
    ["email empty", { email: "", phoneNumber: "8811882" }, ["8811882"]],
  ])("INPUTS 11: %s → accepted", async (_name, body, known) => {
    const { emails, phoneNumbers } = await identify(world, body);
    expect([...emails, ...phoneNumbers]).toEqual(known);
  });

  test("INPUTS 17: quotes, $1, -- and <script> → stored as they are", async () => {
    const email = "o'brien.$1--%_@hillvalley.edu";
    const texts = { orderId: "<script>alert('$1');--</script>", source: "';drop table contact;--" };
    const { eventId } = await order(world, { eventId: "verbatim-1", email, ...texts });
    expect((await identify(world, { email })).emails).toEqual([email]);
    expect(await recordOf(world, eventId)).toMatchObject({ email, ...texts });
    const rows = await rowsOf(world.db, "select order_id from contact where event_id = $1", [eventId]);
    expect(rows).toEqual([{ order_id: texts.orderId }]);
  });

  test.each([
    ["a word", { email: "good-a@x.io", phoneNumber: "N/A" }, "phoneNumber"],
    ["a run of keys, as an integer", { email: "good-b@x.io", phoneNumber: 1_234_567_890 }, "phoneNumber"],
    ["a placeholder email", { email: "TEST@test.com", phoneNumber: "8811883" }, "email"],
  ])("INPUTS 20: junk beside a good identifier, %s → accepted, dropped", async (_name, body, dropped) => {
    expect((await order(world, body)).dropped).toEqual([dropped]);
    const { emails, phoneNumbers } = await identify(world, body);
    expect(emails.length + phoneNumbers.length).toBe(1);
  });

  test("INPUTS 21: the same key and body twice → the same event, no second effect", async () => {
    const once = await order(world, { email: "twice@x.io" }, { "Idempotency-Key": "key-twice" });
    await identify(world, { email: "twice@x.io" }, { "Idempotency-Key": "key-twice" });
    const before = (await lookUp(world, { email: "twice@x.io" })).body.identity.version;
    const again = await order(world, { email: "twice@x.io" }, { "Idempotency-Key": "key-twice" });
    expect([once.eventId, again.eventId]).toEqual(["key-twice", "key-twice"]);
    const { body } = await lookUp(world, { email: "twice@x.io", receipt: again.receipt, waitMs: 10_000 });
    expect(body.identity.version).toBe(before);
    expect(body.contact.secondaryContactIds).toEqual([]);
  });

  test("INPUTS 21: the same key, another body → two observations", async () => {
    await identify(world, { email: "key-a@x.io" }, { "Idempotency-Key": "key-shared" });
    await identify(world, { email: "key-b@x.io" }, { "Idempotency-Key": "key-shared" });
    const rows = await rowsOf(world.db, "select obs_id from contact where event_id = $1", ["key-shared"]);
    expect(rows).toHaveLength(2);
  });

  test.each(["1970-01-01T00:00:00Z", "2999-12-31T23:59:59.999+14:00", null])(
    "INPUTS 22: occurredAt %s → stored, never decides age",
    async (occurredAt) => {
      const eventId = `occurred-${occurredAt}`;
      const before = Date.now() * 1_000;
      await order(world, { eventId, email: "occurred@x.io", occurredAt });
      const record = await recordOf(world, eventId);
      expect(record.occurredAt).toBe(occurredAt ?? undefined);
      expect(record.seenAt).toBeGreaterThanOrEqual(before);
    },
  );

  describe("batches", () => {
    const rows = Array.from({ length: 100 }, (_, n) => ({ email: n === 41 ? "bad.row.x.io" : `row${n}@batch.io` }));
    test.each([
      ["application/json", JSON.stringify(rows)],
      ["application/x-ndjson", rows.map((row) => `${JSON.stringify(row)}\r\n`).join("\n")],
    ])("INPUTS 27: 1 bad row of 100, %s → 99 accepted, 1 answered", async (type, body) => {
      noteSent(rows);
      const answer = await ask<{
        accepted: number;
        rejected: number;
        results: { index: number; receipt?: string; problem?: unknown }[];
      }>(`${world.system.ingressUrl}/v1/orders/batch`, { body, headers: { "content-type": type } });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ accepted: 99, rejected: 1 });
      expect(answer.body.results.map(({ index }) => index)).toEqual(rows.map((_, index) => index));
      expect(answer.body.results[41]).toMatchObject({
        problem: { code: "invalid-email", errors: [{ field: "items/41/email", code: "at-sign" }] },
      });
      expect(JSON.stringify(answer.body)).not.toContain("bad.row");
      const receipt = answer.headers.get("kith-receipt");
      const { status } = await lookUp(world, { email: "row99@batch.io", receipt, waitMs: 10_000 });
      expect(status).toBe(200);
    });

    test("INPUTS 27: a broken line, __proto__ and a body of nothing in one batch → each its own", async () => {
      const lines = [
        '{"email":"line0@batch.io"}',
        '{"email"',
        '{"__proto__":{"a":1},"email":"line2@batch.io"}',
        "5",
        '{"phoneNumber":"12"}',
      ];
      const answer = await ask<{ results: { problem?: { code: string } }[] }>(
        `${world.system.ingressUrl}/v1/orders/batch`,
        {
          body: lines.join("\n"),
          headers: { "content-type": "application/x-ndjson" },
        },
      );
      expect(answer.body.results.map(({ problem }) => problem?.code)).toEqual([
        undefined,
        "malformed-json",
        "invalid-body",
        "invalid-body",
        "invalid-phone",
      ]);
    });

    test("INPUTS 27: lookups, 1 bad of 3 → each its own", async () => {
      await identify(world, { email: "batch-known@x.io" });
      const body = [{ email: "batch-known@x.io" }, { email: "batch-bad.x.io" }, { email: "batch-unknown@x.io" }];
      noteSent(body);
      const answer = await ask<{ results: { status: number }[] }>(`${world.system.queryUrl}/v1/contacts/lookup/batch`, {
        body,
      });
      expect(answer.body.results.map(({ status }) => status)).toEqual([200, 400, 404]);
      expect(JSON.stringify(answer.body.results.slice(1))).not.toContain("batch-");
    });
  });

  test("INPUTS 29: %% and _ in a lookup → exact match only", async () => {
    await identify(world, { email: "wildxcard@hillvalley.edu" });
    for (const email of ["wild_card@hillvalley.edu", "wild%@hillvalley.edu", "%@hillvalley.edu"]) {
      expect((await lookUp(world, { email })).status).toBe(404);
    }
    expect((await lookUp(world, { email: "wildxcard@hillvalley.edu" })).status).toBe(200);
  });

  test("INPUTS 30: one known, one unknown → 200 with the known one's", async () => {
    await identify(world, { email: "half-known@x.io" });
    const { status, body } = await lookUp(world, { email: "half-known@x.io", phoneNumber: "8800000" });
    expect([status, body.unmatched]).toEqual([200, ["phoneNumber"]]);
  });

  test("INPUTS 30: a merged-away identity, a contact that became secondary → 200 with the living identity", async () => {
    const older = await identify(world, { email: "older@x.io", phoneNumber: "8811901" });
    const younger = await identify(world, { email: "younger@x.io", phoneNumber: "8811902" });
    const [a, b] = [await lookUp(world, { email: "older@x.io" }), await lookUp(world, { email: "younger@x.io" })];
    const { status } = await lookUp(world, { email: "older@x.io", phoneNumber: "8811902" });
    expect(status).toBe(409);
    await identify(world, { email: "older@x.io", phoneNumber: "8811902" });

    const living = (await lookUp(world, { email: "younger@x.io" })).body;
    expect(living.contact.primaryContactId).toBe(older.primaryContactId);
    const absorbed = [a.body.identity.identityId, b.body.identity.identityId].find(
      (id) => id !== living.identity.identityId,
    );
    const byIdentity = await ask<Answered>(`${world.system.queryUrl}/v1/identities/${absorbed}`);
    expect(byIdentity.body).toEqual({ ...living, identity: { ...living.identity, mergedFrom: [absorbed] } });
    const byContact = await ask<Answered>(`${world.system.queryUrl}/v1/contacts/${younger.primaryContactId}`);
    expect([byContact.status, byContact.body]).toEqual([200, living]);
  });
}

/** The record an event became in the log. */
async function recordOf(world: World, eventId: string): Promise<Record<string, unknown> & { seenAt: number }> {
  const records = await readTopic(world.kafka, world.topics.names.orderIdentity);
  const values = records.map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>);
  return values.find((value) => value.eventId === eventId) as Record<string, unknown> & { seenAt: number };
}
