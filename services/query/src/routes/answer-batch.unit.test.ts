import { connect, type Socket } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { type Batch, createAnswerBatch } from "./answer-batch.ts";

const apps: FastifyInstance[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const app of apps.splice(0)) await app.close();
});

type SettleItem = (index: number, enter: () => Promise<void>) => Promise<object>;

async function setup(
  count: number,
  form: Batch["form"],
  settle: SettleItem,
  waits: Batch["waits"] = () => true,
): Promise<string> {
  const answerBatch = createAnswerBatch();
  const app = Fastify({ forceCloseConnections: true });
  apps.push(app);
  app.get("/", async (_request, reply) => {
    await answerBatch(reply, {
      count,
      form,
      waits,
      settleItem: async (index, enter) => JSON.stringify(await settle(index, enter)),
      settleItems: (indexes) =>
        Promise.all(indexes.map(async (index) => JSON.stringify(await settle(index, () => Promise.resolve())))),
    });
  });
  return app.listen({ host: "127.0.0.1", port: 0 });
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("answerBatch", () => {
  it.each([
    ["all", () => true],
    ["some", (index: number) => index % 3 === 1],
    ["none", () => false],
  ])(
    "answers in order as a document, whatever the order in which items are settled: %s of them wait",
    async (_, waits) => {
      const settle: SettleItem = async (index, enter) => {
        for (let n = (index * 7) % 5; n > 0; n -= 1) await turn();
        if (index % 10 !== 3) await enter();
        for (let n = (index * 3) % 7; n > 0; n -= 1) await turn();
        return { index };
      };
      const url = await setup(1_000, "document", settle, waits);
      const { results } = (await (await fetch(url)).json()) as { results: { index: number }[] };
      expect(results.map(({ index }) => index)).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    },
  );

  it.each(["document", "lines"] as const)("settles each item that waits for nothing once: %s", async (form) => {
    const settled: number[] = [];
    const settle: SettleItem = async (index) => {
      settled.push(index);
      return { index };
    };
    const answer = await fetch(await setup(1_000, form, settle, () => false));
    await answer.text();
    expect(settled.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  });

  it("sends lines as they are settled: one that waits holds up none", async () => {
    const late = Promise.withResolvers<void>();
    const settle: SettleItem = async (index, enter) => {
      if (index === 0) await late.promise;
      await enter();
      return { index };
    };
    const url = await setup(3, "lines", settle, (index) => index < 2);
    const reader = (await fetch(url)).body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (text.split("\n").length < 3) text += (await reader.read()).value ?? "";
    expect(text.trimEnd().split("\n").sort()).toEqual(['{"index":1}', '{"index":2}']);
    late.resolve();
    expect((await reader.read()).value).toBe('{"index":0}\n');
    expect((await reader.read()).done).toBe(true);
  });

  it.each([
    { form: "lines", hasWaited: true },
    { form: "lines", hasWaited: false },
    { form: "document", hasWaited: true },
    { form: "document", hasWaited: false },
  ] as const)(
    "looks up little for a client that does not read: $form, with a wait before: $hasWaited",
    { timeout: 40_000 },
    async ({ form, hasWaited }) => {
      const COUNT = 1_000;
      const filling = "x".repeat(100_000);
      let entered = 0;
      let ended = 0;
      let begun = 0;
      const settle: SettleItem = async (index, enter) => {
        begun += 1;
        try {
          await enter();
          entered += 1;
          return { index, filling };
        } finally {
          ended += 1;
        }
      };
      const url = await setup(COUNT, form, settle, () => hasWaited);
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
      await expect.poll(() => ended, { timeout: 15_000 }).toBe(begun);
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
