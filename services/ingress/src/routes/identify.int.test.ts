/** The synchronous call over real sockets and a real Kafka, with its query service away and there. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { isReady, useIngress } from "../testing/use-ingress.ts";

const { post, recordOf, startIngress, started, expectNothingTold } = await useIngress();
afterAll(expectNothingTold);

describe("POST /api/identify", () => {
  it.each(["/api/identify", "/identify"])(
    "answers 202 with a receipt when the query service is away: %s",
    async (path) => {
      const answer = await post(
        path,
        { email: "doc@hillvalley.edu", eventId: 5, nickname: "doc" },
        { Prefer: "wait=0", "Idempotency-Key": `q-${path}` },
      );
      const body = (await answer.json()) as { eventId: string; receipt: string };
      expect([answer.status, answer.headers.get("preference-applied")]).toEqual([202, "wait=0"]);
      expect(body).toEqual({ eventId: `q-${path}`, receipt: answer.headers.get("kith-receipt") });
      expect(answer.headers.get("location")).toContain(`/v1/receipts/${body.receipt}`);
      expect(String((await recordOf(`q-${path}`)).headers["kith-awaited"])).toBe("true");
    },
  );

  it("answers at once where the client asks for that", async () => {
    const startedAt = Date.now();
    const answer = await post(
      "/api/identify",
      { email: "doc@hillvalley.edu", phoneNumber: "null" },
      { Prefer: "respond-async" },
    );
    expect([answer.status, answer.headers.get("preference-applied")]).toEqual([202, "respond-async"]);
    const body = (await answer.json()) as { eventId: string };
    expect(body).toMatchObject({ dropped: ["phoneNumber"] });
    expect((await recordOf(body.eventId)).headers).not.toHaveProperty("kith-awaited");
    expect(Date.now() - startedAt).toBeLessThan(9_000);
  });

  it("answers 200 with the contact, and nothing else, when the query service answers in time", async () => {
    const contact = { primaryContactId: 7, emails: ["doc@hillvalley.edu"], phoneNumbers: [], secondaryContactIds: [] };
    let asked: { email?: string; phoneNumber?: string; receipt?: string; waitMs?: number }[] = [];
    // Away at first: lookups must outlast a restart of the query service.
    let isAway = true;
    const query = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      if (isAway) {
        response.destroy();
        return;
      }
      asked = JSON.parse(text);
      const identity = { identityId: 1, version: 1, size: 1, truncated: true };
      response.end(`${JSON.stringify({ index: 0, status: 200, contact, identity })}\n`);
    });
    await new Promise<void>((resolve) => query.listen(0, "127.0.0.1", resolve));
    started.push({ close: () => new Promise((resolve) => query.close(() => resolve())) });
    const mine = await startIngress({ QUERY_URL: `http://127.0.0.1:${(query.address() as AddressInfo).port}` });
    started.unshift(mine);
    await expect.poll(() => isReady(mine)).toBe(true);
    const answering = post("/api/identify", { email: "DOC@hillvalley.edu" }, {}, mine.url);
    await expect.poll(() => mine.log.join("")).toContain("did not answer a batch of lookups");
    isAway = false;
    const answer = await answering;
    expect([answer.status, await answer.json()]).toEqual([200, { contact }]);
    expect(answer.headers.get("kith-truncated")).toBe("true");
    expect(asked).toEqual([
      { email: "doc@hillvalley.edu", receipt: answer.headers.get("kith-receipt"), waitMs: expect.any(Number) },
    ]);
  });
});
