/** Rows 23 to 26 and 32 of the table: who gets in, how much, and what happens while others are away. */
import net from "node:net";
import { PROBLEM_CODES, type ProblemCode, type ProblemDocument } from "@kith/contracts";
import { ask, until, type World } from "@kith/testkit/system";
import { describe, expect, test } from "vitest";
import { lookUp, order } from "./contact-of.ts";
import type { MoreServices } from "./more-services.ts";
import { IS_WHOLE_TABLE } from "./rows.ts";
import { noteSent } from "./sent-values.ts";

const IDLE_CONNECTIONS = 10_000;
const CONNECTIONS_AT_ONCE = 250;

type Asked = { status: number; headers: Headers; body: ProblemDocument };

export function testDoors(world: World, services: MoreServices): void {
  const email = "guarded@hillvalley.edu";
  const withKey = (token: string) => ({ authorization: `Bearer ${token}` });
  const askIngress = (headers: Record<string, string>, body: unknown = { email }) =>
    ask<ProblemDocument>(`${services.guardedIngress.url}/v1/orders`, { body, headers });
  const askQuery = (headers: Record<string, string>, path = "/v1/progress") =>
    ask<ProblemDocument>(services.guardedQuery.url + path, { headers });

  describe("keys", () => {
    const refused: [name: string, code: ProblemCode, send: () => Promise<Asked>][] = [
      ["no key on the write side", "unauthenticated", () => askIngress({})],
      ["no key on the read side", "unauthenticated", () => askQuery({})],
      ["a wrong key", "unauthenticated", () => askIngress(withKey(`${services.keys.ingest.slice(0, -4)}AAAA`))],
      ["a key of nobody's", "unauthenticated", () => askIngress(withKey("a-key-of-nobodys"))],
      [
        "a key as a password",
        "unauthenticated",
        () => askIngress({ authorization: `Basic ${btoa(`kith:${services.keys.ingest}`)}` }),
      ],
      ["an expired key", "unauthenticated", () => askIngress(withKey(services.keys.expired))],
      ["an ingest key on a read route", "forbidden", () => askQuery(withKey(services.keys.ingest))],
      ["a read key on a write route", "forbidden", () => askIngress(withKey(services.keys.read))],
      ["a read key on an admin route", "forbidden", () => askQuery(withKey(services.keys.read), "/metrics")],
    ];
    test.each(refused)("INPUTS 23: %s → refused: %s", async (_name, code, send) => {
      const { status, headers, body } = await send();
      expect([status, body.code]).toEqual([PROBLEM_CODES[code].status, code]);
      expect(headers.get("www-authenticate")).toMatch(/^Bearer/);
      for (const token of Object.values(services.keys)) expect(JSON.stringify(body)).not.toContain(token.slice(18));
    });

    test("INPUTS 23: the right key → in; health without one → in", async () => {
      noteSent(Object.values(services.keys).map((token) => token.slice(18)));
      expect((await askIngress(withKey(services.keys.ingest))).status).toBe(202);
      expect((await askQuery(withKey(services.keys.read))).status).toBe(200);
      expect((await askQuery({}, "/livez")).status).toBe(200);
    });

    test("INPUTS 8: seenAt from an importer → taken; from others → 400", async () => {
      const old = { email: "imported@hillvalley.edu", seenAt: 1_000_000 };
      expect((await askIngress(withKey(services.keys.import), old)).status).toBe(202);
      expect((await askIngress(withKey(services.keys.ingest), old)).body.code).toBe("invalid-field");
    });

    test.each(["orders", "lookups"] as const)(
      "INPUTS 24: above the rate limit, %s → 429, Retry-After",
      async (what) => {
        const slow = withKey(services.keys.slow);
        const { url } = what === "orders" ? services.guardedIngress : services.guardedQuery;
        const path = what === "orders" ? "/v1/orders/batch" : "/v1/contacts/lookup/batch";
        // A whole batch is the least a key may do at once; each of these rows counts, though none is an order.
        const batch = await ask(url + path, { body: Array(1_000).fill({}), headers: slow });
        expect(batch.status).toBe(200);
        const lookup = `/v1/contacts?email=${encodeURIComponent(email)}`;
        const send = () => (what === "orders" ? askIngress(slow) : askQuery(slow, lookup));
        const limited = await Promise.all(Array.from({ length: 12 }, send));
        expect(limited.map(({ status }) => status)).toEqual(Array(12).fill(429));
        for (const { headers, body } of limited) {
          expect(body.code).toBe("rate-limited");
          expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
        }
        // Others are not held up.
        expect((await askIngress(withKey(services.keys.ingest))).status).toBe(202);
      },
    );
  });

  test.runIf(IS_WHOLE_TABLE)(`INPUTS 24: ${IDLE_CONNECTIONS} idle connections → capped, others served`, async () => {
    const { url } = services.noQuery;
    const sockets: net.Socket[] = [];
    let closed = 0;
    try {
      while (sockets.length < IDLE_CONNECTIONS) {
        const round = Array.from({ length: CONNECTIONS_AT_ONCE }, () => connect(url, () => (closed += 1)));
        sockets.push(...(await Promise.all(round)));
      }
      await until("those above the cap are closed", () => closed > 0);
      expect((await ask(`${url}/livez`)).status).toBe(200);
      expect((await ask(`${url}/v1/orders`, { body: { email: "crowd@hillvalley.edu" } })).status).toBe(202);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  test("INPUTS 25: Kafka away → 503, Retry-After, the eventId; a retry is safe", async () => {
    const send = (path: string, body: unknown, headers: Record<string, string>) =>
      ask<ProblemDocument>(services.noLog.url + path, { body, headers });
    const body = { email: "nolog@hillvalley.edu" };
    for (const path of ["/api/identify", "/identify", "/v1/orders"]) {
      const answer = await send(path, body, { "Idempotency-Key": "retry-later" });
      expect(answer.body).toMatchObject({ status: 503, code: "log-unavailable", eventId: "retry-later" });
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(JSON.stringify(answer.body)).not.toContain("nolog@");
    }
    const batch = await send("/v1/orders/batch", [body], {});
    expect([batch.status, batch.body.code]).toEqual([503, "log-unavailable"]);
    const { eventId } = await order(world, body, { "Idempotency-Key": "retry-later" });
    expect(eventId).toBe("retry-later");
  });

  test("INPUTS 26: query service away during identify → 202 with a receipt, the order applied", async () => {
    const body = { email: "noquery@hillvalley.edu" };
    const answer = await ask<{ receipt: string }>(`${services.noQuery.url}/api/identify`, {
      body,
      headers: { Prefer: "wait=1" },
    });
    expect(answer.status).toBe(202);
    const { receipt } = answer.body;
    expect((await lookUp(world, { ...body, receipt, waitMs: 10_000 })).status).toBe(200);
  });

  test("INPUTS 26: reconciler away during identify → 202 with a receipt, the order applied", async () => {
    const body = { email: "noreconciler@hillvalley.edu" };
    const pid = world.system.reconcilers[0]?.pid() as number;
    process.kill(pid, "SIGSTOP");
    const answer = await ask<{ receipt: string }>(`${world.system.ingressUrl}/api/identify`, {
      body,
      headers: { Prefer: "wait=1" },
    }).finally(() => process.kill(pid, "SIGCONT"));
    expect(answer.status).toBe(202);
    const { receipt } = answer.body;
    expect((await lookUp(world, { ...body, receipt, waitMs: 10_000 })).status).toBe(200);
  });

  test("INPUTS 32: SIGTERM during requests → those under way finished, new ones refused, exit within 10 s", async () => {
    const { noQuery } = services;
    const waiting = ask<{ receipt: string }>(`${noQuery.url}/api/identify`, {
      body: { email: "closing@hillvalley.edu" },
      headers: { Prefer: "wait=30" },
    });
    // In the log, so under way.
    await until(
      "the order is in",
      async () => (await lookUp(world, { email: "closing@hillvalley.edu" })).status === 200,
    );
    const began = performance.now();
    const exit = noQuery.stop();
    await until("new requests are refused", async () => (await isRefused(noQuery.url)) === true);
    expect((await waiting).status).toBe(202);
    expect(await exit).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
}

/** A connection, once it is open or refused. `onClose` is called when the other side closes it. */
function connect(url: string, onClose: () => void): Promise<net.Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = net.connect({ host: hostname, port: Number(port) });
    socket.once("connect", () => resolve(socket));
    socket.on("error", () => resolve(socket));
    socket.once("close", onClose);
  });
}

async function isRefused(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/livez`)).status === 503;
  } catch (error) {
    if (error instanceof TypeError) return true;
    throw error;
  }
}
