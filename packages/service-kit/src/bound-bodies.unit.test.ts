import { connect, type Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpApp } from "./create-http-app.ts";
import { createLogger } from "./create-logger.ts";

const apps: FastifyInstance[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const app of apps.splice(0)) await app.close();
});

const HELD_BYTES_MAX = 100_000;
const BODY = JSON.stringify({ text: "x".repeat(60_000) });

async function setup() {
  const app = createHttpApp({
    logger: createLogger({ service: "test", level: "silent" }),
    heldBodyBytesMax: HELD_BYTES_MAX,
    checks: [],
  });
  apps.push(app);
  let reached = 0;
  app.post("/large", { bodyLimit: 200_000 }, async () => {
    reached += 1;
    return { ok: true };
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const port = Number(new URL(url).port);
  const headers = { "content-type": "application/json" };
  return {
    port,
    reached: () => reached,
    post: () => fetch(`${url}/large`, { method: "POST", headers, body: BODY }),
  };
}

/** Sends the head and so much of a body, and no more. */
function sendPart(port: number, bytes: number): { answer(): string } {
  const socket = connect({ host: "127.0.0.1", port });
  sockets.push(socket);
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString()));
  socket.on("error", () => undefined);
  socket.write("POST /large HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n");
  socket.write(`content-length: ${BODY.length}\r\n\r\n${BODY.slice(0, bytes)}`);
  return { answer: () => answer };
}

describe("bodies held at once", () => {
  it("are bounded: the slowest makes room for one that comes whole", async () => {
    const { port, post, reached } = await setup();
    const slower = sendPart(port, 18_000);
    const slow = sendPart(port, 36_000);
    // Those who stopped sending are not called slow at once: until then it is the one that comes who is refused.
    await expect.poll(async () => (await post()).status, { timeout: 8_000, interval: 300 }).toBe(200);
    expect(reached()).toBe(1);
    await expect.poll(slower.answer, { timeout: 5_000 }).toContain("urn:kith:problem:overloaded");
    expect(slower.answer()).toMatch(/^HTTP\/1\.1 503 /);
    expect(slower.answer().toLowerCase()).toContain("retry-after");
    expect(slow.answer()).not.toContain("overloaded");
  }, 20_000);

  it("count no longer once they are answered", async () => {
    const { post, reached } = await setup();
    for (let n = 0; n < 20; n += 1) expect((await post()).status).toBe(200);
    expect(reached()).toBe(20);
  });
});
