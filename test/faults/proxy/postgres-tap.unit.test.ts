import { expect, test } from "vitest";
import type { Link } from "./link.ts";
import { createPostgresTap, errorAnswer, type PostgresRequest, type Verdict } from "./postgres-tap.ts";

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const message = (type: string, ...parts: (string | Buffer)[]) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
};
const STARTUP = Buffer.concat([int32(9), int32(196_608), Buffer.from([0])]);
const ready = (status: string) => message("Z", status);
const simple = (text: string) => message("Q", `${text}\0`);
const prepare = (name: string, text: string) => message("P", `${name}\0${text}\0`, Buffer.alloc(2));
const bind = (name: string) => message("B", `\0${name}\0`, Buffer.alloc(6));
const execute = () => message("E", "\0", int32(0));
const sync = () => message("S");

function setup(decide: (request: PostgresRequest) => Verdict | undefined = () => undefined) {
  const seen: PostgresRequest[] = [];
  const sent: Buffer[] = [];
  const link = { sendToClient: (bytes: Buffer) => void sent.push(bytes) } as Partial<Link> as Link;
  const tap = createPostgresTap(link, () => (request) => {
    seen.push(request);
    return decide(request);
  });
  tap.toServer(STARTUP);
  tap.toClient(ready("I"));
  return { tap, seen, sent, ask: (...parts: Buffer[]) => Buffer.concat(tap.toServer(Buffer.concat(parts))) };
}

test("a COMMIT is seen in the simple and in the extended protocol, alone or behind other statements", () => {
  const { seen, ask, tap } = setup();
  ask(simple("begin"));
  tap.toClient(ready("T"));
  ask(simple("update x; COMMIT"));
  tap.toClient(ready("I"));
  ask(prepare("", "commit"), bind(""), execute(), sync());
  ask(prepare("write", "insert into commit_log"), bind("write"), execute(), sync());
  expect(seen.map(({ isCommit }) => isCommit)).toEqual([false, true, true, false]);
  expect(seen.map(({ isInTransaction }) => isInTransaction)).toEqual([false, true, false, false]);
  expect(seen.at(-1)?.statements).toEqual(["write"]);
});

test("a request goes on whole, however it was cut on its way, and not before it is whole", () => {
  const { seen, tap } = setup();
  const request = Buffer.concat([prepare("a", "select 1"), bind("a"), execute(), sync()]);
  const forwarded: Buffer[] = [];
  for (const octet of request) forwarded.push(...tap.toServer(Buffer.from([octet])));
  expect(forwarded).toHaveLength(1);
  expect(Buffer.concat(forwarded)).toEqual(request);
  expect(seen).toHaveLength(1);
});

test("an answer in the server's place goes to the client, and nothing to the server", () => {
  const { ask, sent } = setup(() => ({ kind: "answer", bytes: errorAnswer("40001", true) }));
  expect(ask(simple("select 1"))).toHaveLength(0);
  const [answer] = sent;
  expect(answer?.toString("latin1")).toContain("C40001\0");
  expect(answer?.subarray(-6)).toEqual(Buffer.from([0x5a, 0, 0, 0, 5, "E".charCodeAt(0)]));
});

test("a request that comes before the answer to the one before it is not alone", () => {
  const { seen, ask, tap } = setup();
  ask(simple("select 1"));
  ask(simple("select 2"));
  tap.toClient(ready("I"));
  tap.toClient(ready("I"));
  ask(simple("select 3"));
  expect(seen.map(({ isAlone }) => isAlone)).toEqual([true, false, true]);
});
