/** The routes that take orders, over real sockets and a real Kafka. */
import { PROBLEM_CODES, type ProblemCode } from "@kith/contracts";
import { describeTopic, partitionOf } from "@kith/kafka";
import { afterAll, describe, expect, it } from "vitest";
import { useIngress } from "../testing/use-ingress.ts";

const { topics, kafka, queryUrl, post, recordOf, placeOf, expectNothingTold } = await useIngress();
afterAll(expectNothingTold);

describe("POST /v1/orders", () => {
  it("answers 202 with the place at which the record lies", async () => {
    const order = {
      eventId: "evt-int-1",
      orderId: "<script>'$1;--",
      email: " Lorraine@HillValley.edu ",
      phoneNumber: 123456,
      occurredAt: "1970-01-01T00:00:00Z",
      source: "kassa ⁂",
    };
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const before = Date.now() * 1_000;
    const answer = await post("/v1/orders", order, { traceparent });
    expect(answer.status).toBe(202);
    const body = (await answer.json()) as { eventId: string; receipt: string };
    expect(body).toEqual({ eventId: "evt-int-1", receipt: answer.headers.get("kith-receipt") });
    expect(answer.headers.get("location")).toBe(`${queryUrl}/v1/receipts/${body.receipt}`);

    const record = await recordOf("evt-int-1");
    const topic = await describeTopic(kafka, topics.names.orderIdentity);
    expect(await placeOf(body.receipt)).toEqual({
      topicId: topic?.topicId,
      partition: record.partition,
      offset: record.offset,
    });
    expect(String(record.key)).toBe("lorraine@hillvalley.edu");
    expect(record.partition).toBe(partitionOf("lorraine@hillvalley.edu", topic?.partitions ?? 0));
    const { email, phoneNumber, ...texts } = order;
    expect(record.body).toMatchObject({ ...texts, email: "lorraine@hillvalley.edu", phone: "123456", normVersion: 1 });
    expect(record.body.seenAt).toBeGreaterThanOrEqual(before);
    expect(record.body.seenAt).toBeLessThan(Date.now() * 1_000 + 1_000_000);
    const headers = Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, String(value)]));
    expect(headers).toMatchObject({ ce_id: "evt-int-1", ce_type: "order.identity.v1", traceparent });
  });

  it("takes the Idempotency-Key for the eventId, and makes one where there is none", async () => {
    const keyed = await post("/v1/orders", { email: "a@b.io" }, { "Idempotency-Key": "key-1" });
    expect(((await keyed.json()) as { eventId: string }).eventId).toBe("key-1");
    const made = (await (await post("/v1/orders", { email: "a@b.io" })).json()) as { eventId: string };
    expect(made.eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    await recordOf(made.eventId);
  });

  it("names what it dropped, in the request's words and in the record's", async () => {
    const answer = await post("/v1/orders", {
      eventId: "evt-junk",
      email: "george@hillvalley.edu",
      phoneNumber: "0000000",
    });
    expect(await answer.json()).toMatchObject({ dropped: ["phoneNumber"] });
    expect((await recordOf("evt-junk")).body).toMatchObject({ dropped: ["phone"] });
  });

  it("keeps 500 orders at once apart, each with its own place", async () => {
    const answers = await Promise.all(
      Array.from({ length: 500 }, async (_, n) => {
        const answer = await post("/v1/orders", { eventId: `many-${n}`, phoneNumber: `55${n}0` });
        return { n, status: answer.status, receipt: ((await answer.json()) as { receipt: string }).receipt };
      }),
    );
    expect(new Set(answers.map(({ receipt }) => receipt)).size).toBe(500);
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    for (const { n, receipt } of answers) {
      if (n % 10 !== 0) continue;
      const record = await recordOf(`many-${n}`);
      expect(await placeOf(receipt)).toMatchObject({ partition: record.partition, offset: record.offset });
    }
  });
});

describe("POST /v1/orders/batch", () => {
  const rows = [
    { eventId: "b-0", email: "a@b.io" },
    { email: "nobody" },
    { eventId: "b-2", phoneNumber: "717171", nope: 1 },
    { eventId: "b-3", email: "c@d.io", phoneNumber: "N/A" },
  ];

  it.each([
    ["a JSON array", JSON.stringify(rows), "application/json"],
    ["lines", `\n${rows.map((row) => JSON.stringify(row)).join("\n\n")}\r\n`, "application/x-ndjson"],
  ])("answers each row of %s", async (_what, body, type) => {
    const answer = await post("/v1/orders/batch", body, { "content-type": type });
    expect(answer.status).toBe(200);
    const { accepted, rejected, results } = (await answer.json()) as {
      accepted: number;
      rejected: number;
      results: Record<string, unknown>[];
    };
    expect([accepted, rejected]).toEqual([2, 2]);
    expect(results[0]).toMatchObject({ index: 0, eventId: "b-0", receipt: expect.any(String) });
    expect(results[1]).toMatchObject({
      index: 1,
      problem: { code: "invalid-email", errors: [{ field: "items/1/email" }] },
    });
    expect(results[2]).toMatchObject({
      index: 2,
      problem: { code: "invalid-field", errors: [{ field: "items/2/nope" }] },
    });
    expect(results[3]).toMatchObject({ index: 3, dropped: ["phoneNumber"] });
    await recordOf("b-3");
  });

  it("keeps the order of its rows in their ages", async () => {
    await post(
      "/v1/orders/batch",
      Array.from({ length: 20 }, (_, n) => ({ eventId: `age-${n}-`, email: `age${n}@b.io` })),
    );
    const ages = [];
    for (let n = 0; n < 20; n += 1) ages.push((await recordOf(`age-${n}-`)).body.seenAt);
    expect(ages).toEqual([...new Set(ages)].sort((a, b) => a - b));
  });

  it.each<[string, string, Record<string, string>, ProblemCode]>([
    ["no rows", "[]", {}, "invalid-body"],
    ["an object", "{}", {}, "invalid-body"],
    ["1,001 rows", JSON.stringify(Array(1_001).fill({ email: "a@b.io" })), {}, "too-many-items"],
    ["1,001 lines", '{"email":"a@b.io"}\n'.repeat(1_001), { "content-type": "application/x-ndjson" }, "too-many-items"],
    ["more than 2 MB", `["${"x".repeat(2_097_152)}"]`, {}, "body-too-large"],
    ["an Idempotency-Key", '[{"email":"a@b.io"}]', { "Idempotency-Key": "k" }, "invalid-idempotency-key"],
  ])("refuses %s", async (_what, body, headers, code) => {
    const answer = await post("/v1/orders/batch", body, headers);
    expect([answer.status, await answer.json()]).toMatchObject([PROBLEM_CODES[code].status, { code }]);
  });

  it("takes a broken line for that row's own problem", async () => {
    const answer = await post("/v1/orders/batch", '{"email":"a@b.io"}\n{"email"\n', {
      "content-type": "application/x-ndjson",
    });
    expect(await answer.json()).toMatchObject({
      accepted: 1,
      rejected: 1,
      results: [{}, { index: 1, problem: { code: "malformed-json" } }],
    });
  });
});
