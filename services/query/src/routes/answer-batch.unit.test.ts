import { connect, type Socket } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { answerBatch, type SettleItem } from "./answer-batch.ts";

const apps: FastifyInstance[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const app of apps.splice(0)) await app.close();
});

async function setup(count: number, form: "lines" | "document", settleItem: SettleItem): Promise<string> {
  const app = Fastify({ forceCloseConnections: true });
  apps.push(app);
  app.get("/", async (_request, reply) => {
    await answerBatch(reply, count, form, settleItem);
  });
  return app.listen({ host: "127.0.0.1", port: 0 });
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("answerBatch", () => {
  it("answers in order as a document, whatever the order in which items wait and are settled", async () => {
    const url = await setup(1_000, "document", async (index, enter) => {
      for (let n = (index * 7) % 5; n > 0; n -= 1) await turn();
      if (index % 10 !== 3) await enter();
      for (let n = (index * 3) % 7; n > 0; n -= 1) await turn();
      return { index };
    });
    const { results } = (await (await fetch(url)).json()) as { results: { index: number }[] };
    expect(results.map(({ index }) => index)).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  });

  it("sends lines as they are settled: one that waits holds up none", async () => {
    const late = Promise.withResolvers<void>();
    const url = await setup(3, "lines", async (index, enter) => {
      if (index === 0) await late.promise;
      await enter();
      return { index };
    });
    const reader = (await fetch(url)).body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (text.split("\n").length < 3) text += (await reader.read()).value ?? "";
    expect(text).toBe('{"index":1}\n{"index":2}\n');
    late.resolve();
    expect((await reader.read()).value).toBe('{"index":0}\n');
    expect((await reader.read()).done).toBe(true);
  });

  it.each(["lines", "document"] as const)(
    "looks up little for a client that does not read: %s",
    { timeout: 40_000 },
    async (form) => {
      const COUNT = 1_000;
      const filling = "x".repeat(100_000);
      let entered = 0;
      let ended = 0;
      const url = await setup(COUNT, form, async (index, enter) => {
        try {
          await enter();
          entered += 1;
          return { index, filling };
        } finally {
          ended += 1;
        }
      });
      const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
      sockets.push(socket);
      socket.pause();
      socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      let before = -1;
      // Until what the system buffers for the connection is full.
      await expect
        .poll(
          () => {
            const stands = entered > 0 && entered === before;
            before = entered;
            return stands;
          },
          { timeout: 15_000, interval: 200 },
        )
        .toBe(true);
      expect(entered).toBeLessThan(COUNT / 2);
      socket.destroy();
      // Nothing stays behind that waits for its turn.
      await expect.poll(() => ended, { timeout: 15_000 }).toBe(COUNT);
      expect(entered).toBeLessThan(COUNT);
    },
  );

  it("leaves an error that comes first to the app, and breaks off at one that comes later", async () => {
    const fails = (at: number): SettleItem =>
      async function settle(index, enter) {
        await enter();
        if (index === at) throw new Error("the database is away");
        return { index, filling: "x".repeat(10_000) };
      };
    expect((await fetch(await setup(10, "document", fails(0)))).status).toBe(500);
    const broken = await fetch(await setup(1_000, "document", fails(900)));
    expect(broken.status).toBe(200);
    await expect(broken.text()).rejects.toThrow();
  });
});
