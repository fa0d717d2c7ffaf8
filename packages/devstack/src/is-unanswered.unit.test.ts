import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { chooseFreePort } from "./free-port.ts";
import { isUnanswered } from "./is-unanswered.ts";

const errorOf = (url: string, init?: RequestInit) =>
  fetch(url, init).then(
    () => expect.fail("it was answered"),
    (error: unknown) => error,
  );

it("is true where nobody listens", async () => {
  expect(isUnanswered(await errorOf(`http://127.0.0.1:${await chooseFreePort()}/`))).toBe(true);
});

it("is true where the answer breaks off, and where it does not come in time", async () => {
  let answer = (socket: Socket) => void socket.destroy();
  const server = createServer((socket) => answer(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  expect(isUnanswered(await errorOf(url))).toBe(true);
  answer = () => {};
  expect(isUnanswered(await errorOf(url, { signal: AbortSignal.timeout(50) }))).toBe(true);
  server.close();
});

it("is false where fetch will not try: nobody would ever answer", async () => {
  expect(isUnanswered(await errorOf("http://127.0.0.1:10080/"))).toBe(false);
});
