import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepSaid } from "@kith/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { chooseFreePort, isPortFree } from "./free-port.ts";
import { removeReachableFolder } from "./reachable-folder.ts";
import type { StackAddresses } from "./stack-file.ts";

type Start = { readonly child: ChildProcess; readonly ended: Promise<number | null>; output(): string };

let folder: string;
let starts: Start[];

async function makePlace(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), "kith-start-"));
  starts = [];
}

async function removePlace(): Promise<void> {
  for (const { child, ended } of starts) {
    child.kill("SIGTERM");
    await ended;
  }
  await removeReachableFolder(join(folder, "postgres"));
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

function start(env: NodeJS.ProcessEnv = {}): Start {
  const ports = { INGRESS_PORT: "0", QUERY_PORT: "0", RECONCILER_PORT: "0" };
  const child = spawn(process.execPath, [join(import.meta.dirname, "start.ts")], {
    env: { PATH: process.env.PATH, JAVA_HOME: process.env.JAVA_HOME, KITH_FOLDER: folder, ...ports, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      keepSaid("log", chunk, `start-${child.pid}`);
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const started = { child, ended, output: () => output };
  starts.push(started);
  return started;
}

async function untilReady({ child, output }: Start): Promise<StackAddresses> {
  return vi.waitFor(
    async () => {
      if (child.exitCode !== null) throw new Error(`pnpm start ended: ${output()}`);
      // A start that was killed leaves its stack.json; from here on it is this one's.
      expect(await readFile(join(folder, "start.lock"), "utf8")).toBe(String(child.pid));
      expect(output()).toContain("ready in");
      return JSON.parse(await readFile(join(folder, "stack.json"), "utf8")) as StackAddresses;
    },
    { timeout: 240_000, interval: 50 },
  );
}

async function identify({ ingress }: StackAddresses): Promise<unknown> {
  const response = await fetch(`${ingress}/api/identify`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: "lorraine@hillvalley.edu", phoneNumber: "123456" }),
  });
  expect(response.status).toBe(200);
  return response.json();
}

function portsOf(stack: StackAddresses): number[] {
  const urls = [stack.ingress, stack.query, stack.reconciler, stack.databaseUrl].map((url) => new URL(url).port);
  return [...urls, stack.kafkaBrokers.split(":")[1]].map(Number);
}

async function untilClosed(stack: StackAddresses): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const port of portsOf(stack)) expect([port, await isPortFree("127.0.0.1", port)]).toEqual([port, true]);
    },
    { timeout: 120_000, interval: 100 },
  );
}

function findService(name: string, parentPid: number): number {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  const [pid] = lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, ...args]) => parent === String(parentPid) && args.join(" ").includes(`services/${name}/`))
    .map(([pid]) => Number(pid));
  expect(pid).toBeDefined();
  return pid!;
}

describe("in one place, one start after the other", () => {
  beforeAll(makePlace);
  afterAll(removePlace);
  let running: Start;
  let stack: StackAddresses;
  let contact: unknown;

  it("brings up everything", async () => {
    running = start();
    stack = await untilReady(running);
    for (const url of [stack.ingress, stack.query, stack.reconciler]) {
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
    }
    contact = await identify(stack);
  });

  it("refuses a second start meanwhile, and says where the first one answers", async () => {
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(
      new RegExp(`already running here \\(process ${running.child.pid}\\).*stack\\.json`),
    );
    expect(await identify(stack)).toEqual(contact);
  });

  it("ends everything on SIGTERM, and knows the contacts at the next start", async () => {
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);
    for (const port of portsOf(stack)) expect([port, await isPortFree("127.0.0.1", port)]).toEqual([port, true]);
    expect(await readdir(folder)).not.toEqual(expect.arrayContaining([expect.stringMatching(/stack\.json|lock|pid/)]));
    running = start();
    stack = await untilReady(running);
    expect(await identify(stack)).toEqual(contact);
  });

  it("leaves nothing running after kill -9, and the next start repairs what that left", async () => {
    running.child.kill("SIGKILL");
    await untilClosed(stack);
    running = start();
    expect(await identify(await untilReady(running))).toEqual(contact);
  });

  it("ends everything on SIGINT, too", async () => {
    running.child.kill("SIGINT");
    expect(await running.ended).toBe(0);
    expect(running.output()).toMatch(/stopped\n$/);
  });
});

describe("in a place of its own", () => {
  beforeEach(makePlace);
  afterEach(removePlace);

  it("starts neither server when both are given, and leaves them running", async () => {
    const given = { DATABASE_URL: inject("databaseUrl"), KAFKA_BROKERS: inject("kafkaBrokers") };
    const id = randomBytes(4).toString("hex");
    const running = start({ ...given, DATABASE_SCHEMA: `start_${id}`, TOPIC_PREFIX: `start-${id}.` });
    const stack = await untilReady(running);
    expect(stack).toMatchObject({ databaseUrl: given.DATABASE_URL, kafkaBrokers: given.KAFKA_BROKERS });
    await identify(stack);
    expect(await readdir(folder)).not.toEqual(expect.arrayContaining([expect.stringMatching(/postgres|kafka/)]));
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);
    expect(await isPortFree("127.0.0.1", Number(stack.kafkaBrokers.split(":")[1]))).toBe(false);
  });

  it("stops everything and exits 1 when a service ends, and says which", async () => {
    const given = { DATABASE_URL: inject("databaseUrl"), KAFKA_BROKERS: inject("kafkaBrokers") };
    const id = randomBytes(4).toString("hex");
    const running = start({ ...given, DATABASE_SCHEMA: `start_${id}`, TOPIC_PREFIX: `start-${id}.` });
    const stack = await untilReady(running);
    process.kill(findService("query", running.child.pid!), "SIGKILL");
    expect(await running.ended).toBe(1);
    expect(running.output()).toContain("query ended (signal SIGKILL)");
    expect(await isPortFree("127.0.0.1", Number(new URL(stack.ingress).port))).toBe(true);
  });

  it("names the variable to set when a service's port is taken, before it starts anything", async () => {
    const port = await chooseFreePort();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(port, "127.0.0.1", resolve));
    const refused = start({ QUERY_PORT: String(port) });
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toMatch(/meant for query, is taken.*set QUERY_PORT/);
    expect(await readdir(folder)).toEqual([]);
    await new Promise((resolve) => taken.close(resolve));
  });

  it("ends cleanly when it is interrupted while it is starting", async () => {
    const running = start();
    await vi.waitFor(() => expect(running.output()).toContain("Kafka: starting"), 120_000);
    running.child.kill("SIGINT");
    expect(await running.ended).toBe(0);
    expect(await readdir(folder)).not.toEqual(expect.arrayContaining([expect.stringMatching(/stack\.json|lock|pid/)]));
  });
});
