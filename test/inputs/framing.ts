/** Rows 4, 5 and 7 of the table: requests whose framing is wrong, or that never arrive whole. */
import { setTimeout as delay } from "node:timers/promises";
import type { ProblemDocument } from "@kith/contracts";
import type { World } from "@kith/testkit/system";
import { beforeAll, expect, test } from "vitest";
import { noteSent } from "./sent-values.ts";
import { overSocket, type SocketAnswer } from "./socket-client.ts";

const HEAD = "POST /v1/orders HTTP/1.1\r\nHost: kith\r\nContent-Type: application/json\r\n";
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const BODY = '{"email":"framed@hillvalley.edu"}';

/** Each is refused with 400, and the connection is closed. */
const BROKEN: readonly [name: string, bytes: string][] = [
  ["a chunk size that is no number", `${CHUNKED}zz\r\n${BODY}\r\n0\r\n\r\n`],
  ["a negative chunk size", `${CHUNKED}-5\r\n${BODY}\r\n0\r\n\r\n`],
  ["a chunk longer than it says", `${CHUNKED}5\r\n${BODY}\r\n0\r\n\r\n`],
  ["a chunk size of 2^64", `${CHUNKED}10000000000000000\r\n${BODY}`],
  [
    "Content-Length beside Transfer-Encoding",
    `${HEAD}Content-Length: ${BODY.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ["two Content-Lengths", `${HEAD}Content-Length: 5\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`],
  ["a negative Content-Length", `${HEAD}Content-Length: -1\r\n\r\n${BODY}`],
  ["a Content-Length in words", `${HEAD}Content-Length: framed\r\n\r\n${BODY}`],
  ["a Transfer-Encoding nobody knows", `${HEAD}Transfer-Encoding: framed\r\n\r\n${BODY}`],
  ["a header line without a colon", `${HEAD}framed-header\r\n\r\n`],
  ["a header folded over two lines", `${HEAD}X-Framed: a\r\n b\r\nContent-Length: 0\r\n\r\n`],
  ["NUL in a header", `${HEAD}X-Framed: framed\0header\r\n\r\n`],
  ["line feeds alone", `${HEAD}Content-Length: ${BODY.length}\n\n${BODY}`],
  [
    "no Host",
    `POST /v1/orders HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  ],
  ["no HTTP at all", "EHLO hillvalley.edu\r\n\r\n"],
  ["HTTP 9.9", "GET /livez HTTP/9.9\r\nHost: kith\r\n\r\n"],
  ["TLS where there is none", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03framed-hello\r\n\r\n"],
  ["HTTP/2 by prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
];

/** Requests that never arrive whole. They are begun before all tests, and take ten seconds beside them. */
export function beginSlowRequests(world: World): Map<string, Promise<SocketAnswer>> {
  const slow = new Map<string, Promise<SocketAnswer>>();
  beforeAll(() => {
    const { ingressUrl, queryUrl } = world.system;
    noteSent("framed@hillvalley.edu");
    slow.set(
      "a body shorter than its Content-Length",
      overSocket(ingressUrl, [bytes(`${HEAD}Content-Length: 100\r\n\r\n${BODY}`)]),
    );
    slow.set(
      "headers a line a second",
      overSocket(queryUrl, drip("GET /v1/progress HTTP/1.1\r\n", "X-Framed: framed-slowly\r\n")),
    );
    slow.set("a chunk a second", overSocket(ingressUrl, drip(CHUNKED, "1\r\n \r\n")));
  });
  return slow;
}

export function testFraming(world: World): void {
  for (const [name, request] of BROKEN) {
    test(`INPUTS 7: ${name} → 400, closed`, async () => {
      const answer = await overSocket(world.system.ingressUrl, [bytes(request)]);
      expect([answer.status, answer.closedByServer], answer.bytes).toEqual([400, true]);
      expect((JSON.parse(answer.body) as ProblemDocument).code).toMatch(/^(invalid-request|malformed-json)$/);
      expect(answer.bytes).not.toContain("framed");
    });
  }

  test("INPUTS 4: 16 KB and one without a Content-Length → 413, closed", async () => {
    const chunk = `1000\r\n${"x".repeat(4_096)}\r\n`;
    const answer = await overSocket(world.system.ingressUrl, [bytes(CHUNKED + chunk.repeat(5))]);
    expect([answer.status, answer.closedByServer]).toEqual([413, true]);
  });

  test("INPUTS 4: 2 GB announced → 413 before they are sent", async () => {
    const answer = await overSocket(world.system.ingressUrl, [
      bytes(`${HEAD}Content-Length: 2147483648\r\n\r\n${BODY}`),
    ]);
    expect([answer.status, answer.closedByServer]).toEqual([413, true]);
  });
}

/** To be called last. */
export function testSlowRequests(slow: ReadonlyMap<string, Promise<SocketAnswer>>): void {
  test.each(["a body shorter than its Content-Length", "headers a line a second", "a chunk a second"])(
    "INPUTS 5: %s → 408 after 10 to 15 s",
    async (name) => {
      const answer = (await slow.get(name)) as SocketAnswer;
      expect([answer.status, answer.closedByServer]).toEqual([408, true]);
      expect((JSON.parse(answer.body) as ProblemDocument).code).toBe("request-timeout");
      expect(answer.bytes).not.toContain("framed");
      expect(answer.tookMs).toBeGreaterThanOrEqual(10_000);
      expect(answer.tookMs).toBeLessThan(15_000);
    },
  );
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

/** A slow loris: never silent for long, never done. */
async function* drip(first: string, again: string): AsyncGenerator<Buffer> {
  yield bytes(first);
  for (let second = 0; second < 16; second += 1) {
    await delay(1_000);
    yield bytes(again);
  }
}
