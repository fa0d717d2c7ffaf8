import { createServer, type Server } from "node:http";
import net, { type AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { trackConnections } from "./track-connections.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that answers at once, but never at /held. */
async function setup(idleAbove: number, silentAfterMs = 0) {
  const server: Server = createServer((request, response) => {
    if (request.url !== "/held") response.end("ok");
  });
  trackConnections(server, idleAbove, silentAfterMs);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets: net.Socket[] = [];
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });

  async function connect() {
    const socket = net.connect((server.address() as AddressInfo).port, "127.0.0.1");
    sockets.push(socket);
    let text = "";
    let isClosed = false;
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("close", () => (isClosed = true));
    socket.on("error", () => undefined);
    const accepted = new Promise((resolve) => server.once("connection", resolve));
    await accepted;
    return {
      ask: (path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: kith\r\n\r\n`),
      answers: () => text.split("HTTP/1.1 200").length - 1,
      isClosed: () => isClosed,
    };
  }
  return { connect, open: () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))) };
}

describe("trackConnections", () => {
  it("gives the place of the oldest connection that never asked to a new one", async () => {
    const { connect, open } = await setup(3);
    const worker = await connect();
    worker.ask("/");
    await expect.poll(worker.answers).toBe(1);
    const [first, second] = [await connect(), await connect()];
    const third = await connect();
    await expect.poll(first.isClosed).toBe(true);
    third.ask("/");
    worker.ask("/");
    await expect.poll(() => [third.answers(), worker.answers()]).toEqual([1, 2]);
    expect(second.isClosed()).toBe(false);
    expect(await open()).toBe(3);
  });

  it("takes one between two requests if there is no other, and never one that is owed an answer", async () => {
    const { connect } = await setup(2);
    const held = await connect();
    held.ask("/held");
    const idle = await connect();
    idle.ask("/");
    await expect.poll(idle.answers).toBe(1);
    const late = await connect();
    await expect.poll(idle.isClosed).toBe(true);
    late.ask("/held");
    const later = await connect();
    later.ask("/");
    await expect.poll(later.answers).toBe(1);
    expect([held.isClosed(), late.isClosed()]).toEqual([false, false]);
  });

  it("spares newcomers who have not had the time to ask yet", async () => {
    const { connect } = await setup(2, 3_600_000);
    const idle = await connect();
    idle.ask("/");
    await expect.poll(idle.answers).toBe(1);
    const [first, second] = [await connect(), await connect()];
    await expect.poll(idle.isClosed).toBe(true);
    first.ask("/");
    second.ask("/");
    await expect.poll(() => [first.answers(), second.answers()]).toEqual([1, 1]);
  });

  it("serves those that come to work while a thousand sit there", async () => {
    const { connect, open } = await setup(50);
    for (let count = 0; count < 1_000; count += 1) await connect();
    const worker = await connect();
    worker.ask("/");
    await expect.poll(worker.answers).toBe(1);
    await expect.poll(open).toBeLessThanOrEqual(51);
  });
});
