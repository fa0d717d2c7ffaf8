import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { fetchWithin } from "./fetch-within.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const close of closers.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

it("answers with the response and its whole body", async () => {
  const url = await serve((request, response) => response.writeHead(201).end(`${request.method} done`));
  const { response, text } = await fetchWithin(url, { method: "POST", body: "x", limitMs: 10_000 });
  expect([response.status, text]).toEqual([201, "POST done"]);
});

it.each([
  ["does not answer", (): void => {}],
  ["begins its answer and does not end it", (_, response) => void response.writeHead(200).write("{")],
] satisfies [string, RequestListener][])("rejects after the limit where a server %s", async (_what, listener) => {
  const url = await serve(listener);
  await expect(fetchWithin(url, { limitMs: 50 })).rejects.toMatchObject({ name: "TimeoutError" });
});

it("rejects after the limit also where fetch itself is never settled", async () => {
  vi.stubGlobal("fetch", () => new Promise(() => {}));
  await expect(fetchWithin("http://127.0.0.1:1/", { limitMs: 20 })).rejects.toMatchObject({ name: "TimeoutError" });
});

it("rejects with the reason of the caller's signal, aborted before or meanwhile", async () => {
  const url = await serve(() => {});
  const reason = new Error("no longer wanted");
  await expect(fetchWithin(url, { limitMs: 10_000, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const asked = fetchWithin(url, { limitMs: 10_000, signal: controller.signal });
  controller.abort(reason);
  await expect(asked).rejects.toBe(reason);
});

it("rejects with a TypeError where nobody listens", async () => {
  await expect(fetchWithin("http://127.0.0.1:1/", { limitMs: 10_000 })).rejects.toBeInstanceOf(TypeError);
});
