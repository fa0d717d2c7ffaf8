/** The write side over real sockets and a real Kafka: what holds whatever the route. The routes' own tests are beside them. */
import { PROBLEM_CODES, type ProblemCode } from "@kith/contracts";
import { ensureTopics } from "@kith/kafka";
import { describe, expect, it } from "vitest";
import { closedPort, isReady, useIngress } from "./testing/use-ingress.ts";

const { topics, kafka, post, recordOf, startIngress, started, expectNothingTold } = await useIngress();

describe("bad input", () => {
  const deep = `{"email":${"[".repeat(8_000)}${"]".repeat(8_000)}}`;

  it.each<[string, string, Record<string, string>, ProblemCode, ProblemCode]>([
    ["truncated JSON", '{"email":', {}, "malformed-json", "malformed-json"],
    ["an empty body", "", {}, "malformed-json", "malformed-json"],
    ["text/plain", "{}", { "content-type": "text/plain" }, "unsupported-media-type", "unsupported-media-type"],
    ["XML", "<a/>", { "content-type": "application/xml" }, "unsupported-media-type", "unsupported-media-type"],
    ["gzip", "{}", { "content-encoding": "gzip" }, "unsupported-media-type", "unsupported-media-type"],
    ["an array", "[]", {}, "invalid-body", "invalid-body"],
    ["null", "null", {}, "invalid-body", "invalid-body"],
    ["__proto__", '{"email":"a@b.io","x":{"__proto__":1}}', {}, "invalid-body", "invalid-body"],
    ["thousands of levels", deep, {}, "invalid-email", "invalid-email"],
    ["16 KB and one", JSON.stringify({ email: "x".repeat(16_385) }), {}, "body-too-large", "body-too-large"],
    ["no identifier", "{}", {}, "no-identifier", "no-identifier"],
    ["two nulls", '{"email":null,"phoneNumber":null}', {}, "no-identifier", "no-identifier"],
    ["only junk", '{"email":"test@test.com"}', {}, "only-junk", "only-junk"],
    ["no @", '{"email":"ab.io"}', {}, "invalid-email", "invalid-email"],
    ["a NUL", '{"email":"a\\u0000@b.io"}', {}, "invalid-email", "invalid-email"],
    ["a fraction", '{"phoneNumber":3.5}', {}, "invalid-phone", "invalid-phone"],
    ["1e400", '{"phoneNumber":1e400}', {}, "invalid-phone", "invalid-phone"],
    [
      "an empty key",
      '{"email":"a@b.io"}',
      { "Idempotency-Key": "" },
      "invalid-idempotency-key",
      "invalid-idempotency-key",
    ],
    [
      "a key of 256",
      '{"email":"a@b.io"}',
      { "Idempotency-Key": "k".repeat(256) },
      "invalid-idempotency-key",
      "invalid-idempotency-key",
    ],
  ])("refuses %s and publishes nothing", async (_what, body, headers, identifyCode, orderCode) => {
    for (const [path, code] of [
      ["/api/identify", identifyCode],
      ["/identify", identifyCode],
      ["/v1/orders", orderCode],
    ] as const) {
      const answer = await post(path, body, headers);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect([path, answer.status, await answer.json()]).toMatchObject([path, PROBLEM_CODES[code].status, { code }]);
    }
  });

  it("ignores on identify what it refuses on /v1/orders", async () => {
    const body = { email: "a@b.io", seenAt: 1, deep: { deeper: [] } };
    expect((await post("/api/identify", body, { Prefer: "respond-async" })).status).toBe(202);
    const answer = await post("/v1/orders", body);
    expect(await answer.json()).toMatchObject({
      code: "invalid-field",
      errors: [{ field: "seenAt" }, { field: "deep" }],
    });
  });

  it("refuses a key and an eventId that differ", async () => {
    const answer = await post("/v1/orders", { email: "a@b.io", eventId: "a" }, { "Idempotency-Key": "b" });
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: "invalid-idempotency-key" }]);
  });

  it("has published nothing of what it refused, and logged nothing personal", expectNothingTold);
});

describe("when the log is away", () => {
  it("starts, says so, answers 503 with the eventId, and takes orders when the topic is there", async () => {
    const prefix = `${topics.prefix}later.`;
    const mine = await startIngress({ TOPIC_PREFIX: prefix });
    started.push(mine);
    expect((await fetch(`${mine.url}/livez`)).status).toBe(200);
    expect(await isReady(mine)).toBe(false);
    const refused = await post("/v1/orders", { email: "a@b.io" }, { "Idempotency-Key": "again" }, mine.url);
    expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toMatchObject([
      503,
      "1",
      { code: "log-unavailable", eventId: "again" },
    ]);
    await ensureTopics(kafka, { prefix });
    await expect.poll(() => isReady(mine)).toBe(true);
    expect((await post("/v1/orders", { email: "a@b.io" }, {}, mine.url)).status).toBe(202);
  });

  it("never answers 2xx without a broker, whatever the route", async () => {
    const mine = await startIngress({ KAFKA_BROKERS: `127.0.0.1:${await closedPort()}` });
    started.push(mine);
    for (const path of ["/v1/orders", "/api/identify", "/identify"]) {
      const answer = await post(path, { email: "a@b.io" }, {}, mine.url);
      expect([answer.status, await answer.json()]).toMatchObject([
        503,
        { code: "log-unavailable", eventId: expect.any(String) },
      ]);
    }
    const batch = await post("/v1/orders/batch", [{ email: "a@b.io" }], {}, mine.url);
    expect([batch.status, await batch.json()]).toMatchObject([503, { code: "log-unavailable" }]);
  });
});

describe("closing", () => {
  it("finishes the orders that are under way", async () => {
    const mine = await startIngress();
    await expect.poll(() => isReady(mine)).toBe(true);
    const waiting = post("/api/identify", { email: "a@b.io" }, { Prefer: "wait=30" }, mine.url);
    const answers = Array.from({ length: 100 }, (_, n) =>
      post("/v1/orders", { eventId: `closing-${n}`, email: "a@b.io" }, {}, mine.url),
    );
    await Promise.race(answers);
    const startedAt = Date.now();
    await mine.close();
    expect(Date.now() - startedAt).toBeLessThan(25_000);
    for (const answer of await Promise.allSettled(answers)) {
      if (answer.status === "fulfilled" && answer.value.status === 202)
        await recordOf(((await answer.value.json()) as { eventId: string }).eventId);
    }
    expect((await waiting).status).toBe(202);
  });
});
