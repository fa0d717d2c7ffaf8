import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createLogger } from "@kith/service-kit";
import { afterEach, describe, expect, it } from "vitest";
import { type BatchLookupClient, createBatchLookupClient } from "./batch-lookup-client.ts";

const open: { client: BatchLookupClient; server: Server }[] = [];
afterEach(async () => {
  for (const { client, server } of open.splice(0)) {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

type Asked = { email?: string; phoneNumber?: string; receipt: string; waitMs: number };
type Answer = (items: Asked[], response: ServerResponse, request: IncomingMessage) => void;

/** A query service that answers as the test says, over a real socket. */
async function setup(answer: Answer) {
  const batches: Asked[][] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const items = JSON.parse(text) as Asked[];
    batches.push(items);
    answer(items, response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const log: string[] = [];
  const client = createBatchLookupClient({
    queryUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`,
    itemsMax: 1_500,
    connectionsMax: 4,
    logger: createLogger({ service: "test", level: "debug", destination: { write: (line) => log.push(line) } }),
  });
  open.push({ client, server });
  const lookUp = (receipt: string, waitMs = 5_000) =>
    client.lookUp({ email: "a@b.io", phone: undefined, receipt, deadlineAtMs: Date.now() + waitMs });
  return { client, lookUp, batches, log };
}

const contact = (id: number) => ({
  primaryContactId: id,
  emails: ["a@b.io"],
  phoneNumbers: [],
  secondaryContactIds: [],
});
const found = (index: number, truncated = false) =>
  `${JSON.stringify({ index, status: 200, contact: contact(index), identity: { identityId: 1, version: 1, size: 1, truncated } })}\n`;

describe("createBatchLookupClient", () => {
  it("asks for lookups that come together in one request", async () => {
    const { lookUp, batches } = await setup((items, response, request) => {
      expect([request.url, request.headers.accept]).toEqual(["/base/v1/contacts/lookup/batch", "application/x-ndjson"]);
      response.end(items.map((_, index) => found(index, index === 1)).join(""));
    });
    const outcomes = await Promise.all([lookUp("r0"), lookUp("r1")]);
    expect(outcomes).toEqual([
      { kind: "found", contactJson: JSON.stringify(contact(0)), isTruncated: false },
      { kind: "found", contactJson: JSON.stringify(contact(1)), isTruncated: true },
    ]);
    expect(batches).toHaveLength(1);
    expect(batches[0]?.[0]).toEqual({ email: "a@b.io", receipt: "r0", waitMs: 1_000 });
  });

  it("settles each as its line arrives, in any order and split anywhere", async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const { lookUp } = await setup((_items, response) => {
      const line = found(1);
      response.write(line.slice(0, 10));
      setImmediate(() => response.write(line.slice(10), () => held.resolve(response)));
    });
    const first = lookUp("r0");
    expect(await lookUp("r1")).toMatchObject({ kind: "found", contactJson: JSON.stringify(contact(1)) });
    (await held.promise).end(found(0));
    expect(await first).toMatchObject({ kind: "found", contactJson: JSON.stringify(contact(0)) });
  });

  it("asks again for what is pending, until its deadline", async () => {
    let asked = 0;
    const { lookUp } = await setup((_items, response) => {
      asked += 1;
      response.end(asked < 3 ? '{"index":0,"status":202}\n' : found(0));
    });
    expect((await lookUp("r0")).kind).toBe("found");
  });

  it.each<[string, Answer]>([
    ["an answer that breaks off", (_items, response) => response.write('{"index":0,"sta', () => response.destroy())],
    ["a 503", (_items, response) => response.writeHead(503).end()],
    ["a line that is not JSON", (_items, response) => response.end("no json\n")],
    ["an answer without lines", (_items, response) => response.end()],
    ["an item with a 503", (_items, response) => response.end('{"index":0,"status":503}\n')],
  ])("asks again after %s", async (_what, trouble) => {
    let asked = 0;
    const { lookUp } = await setup((items, response, request) => {
      asked += 1;
      if (asked === 1) trouble(items, response, request);
      else response.end(found(0));
    });
    expect((await lookUp("r0")).kind).toBe("found");
  });

  it.each([404, 409, 400])("does not ask again after an item with a %i", async (status) => {
    const { lookUp, batches } = await setup((_items, response) => response.end(`{"index":0,"status":${status}}\n`));
    expect((await lookUp("r0")).kind).toBe("unanswered");
    expect(batches).toHaveLength(1);
  });

  it("gives up shortly after the deadline when nothing answers", async () => {
    const { lookUp } = await setup(() => undefined);
    const startedAt = Date.now();
    expect((await lookUp("r0", 300)).kind).toBe("unanswered");
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(300);
    expect(Date.now() - startedAt).toBeLessThan(20_000);
  });

  it("says once that the query service is away, and nothing of whom it was asked about", async () => {
    const { lookUp, log } = await setup((_items, response) => response.destroy());
    await Promise.all([lookUp("r0", 500), lookUp("r1", 500)]);
    expect(log).toHaveLength(1);
    expect(log.join("")).not.toContain("a@b.io");
  });

  it("sends at most a thousand in one request and refuses above its limit", async () => {
    const { lookUp, batches } = await setup((items, response) =>
      response.end(items.map((_, index) => found(index)).join("")),
    );
    const outcomes = await Promise.all(Array.from({ length: 1_501 }, (_, index) => lookUp(`r${index}`)));
    expect(batches.map((items) => items.length)).toEqual([1_000, 500]);
    expect(outcomes.filter(({ kind }) => kind === "unanswered")).toHaveLength(1);
  });

  it("lets go of everything when the process closes", async () => {
    const { client, lookUp } = await setup(() => undefined);
    const outstanding = lookUp("r0", 30_000);
    client.drain(50);
    expect((await outstanding).kind).toBe("unanswered");
    expect((await lookUp("r1", 30_000)).kind).toBe("unanswered");
  });
});
