import { spawn } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateToLatest } from "@kith/database";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { statusOf } from "./file-status.ts";
import { isPortFree } from "./free-port.ts";
import { removeReachableFolder } from "./reachable-folder.ts";
import { stopAllGuarded } from "./run-guarded.ts";
import { startPostgres } from "./start-postgres.ts";

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "kith-postgres-"));
  folder = join(parent, "postgres");
});
afterEach(async () => {
  await stopAllGuarded();
  await removeReachableFolder(folder);
  await rm(parent, { recursive: true });
});

/** Not durable: what a test needs is that data survive a process, not a power cut. */
const start = () => startPostgres({ folder, isDurable: false });
const portOf = (url: string) => Number(new URL(url).port);
/** The migrations that were missing: all of them on new data, none on data that were kept. */
const migrate = (url: string) => migrateToLatest({ url, schema: "kith" });

it("keeps its data, and listens no longer once it is stopped", async () => {
  const first = await start();
  expect(await migrate(first.url)).not.toEqual([]);
  await first.stop();
  expect(await isPortFree("127.0.0.1", portOf(first.url))).toBe(true);
  const second = await start();
  expect(await migrate(second.url)).toEqual([]);
  await second.stop();
});

it("ends when its parent is killed with -9, and the next start finds the data", async () => {
  const script = join(parent, "parent.ts");
  await writeFile(
    script,
    `import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, "start-postgres.ts"))};
     console.log((await startPostgres({ folder: ${JSON.stringify(folder)}, isDurable: false })).url);
     setInterval(() => {}, 1_000);`,
  );
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const url = String(await new Promise<Buffer>((resolve) => child.stdout.once("data", resolve))).trim();
  expect(await migrate(url)).not.toEqual([]);
  child.kill("SIGKILL");
  // At once, while the guard may still be at work.
  const second = await start();
  expect(await migrate(second.url)).toEqual([]);
  await vi.waitFor(async () => expect(await isPortFree("127.0.0.1", portOf(url))).toBe(true), 60_000);
  await second.stop();
});

it("starts although the process id in its old lock file belongs to somebody else now", async () => {
  await (await start()).stop();
  await writeFile(join(folder, "data/postmaster.pid"), `${process.pid}\n${join(folder, "data")}\n`);
  const second = await start();
  await migrate(second.url);
  await second.stop();
});

it("leaves a server alone that it did not start, and says which one holds the data", async () => {
  const foreign = await start();
  // Nothing tells any more that it was started from here.
  await rm(`${folder}.pid`);
  await expect(start()).rejects.toThrow(`Another Postgres (process ${foreign.pid}) runs on ${foreign.dataFolder}`);
  expect(await migrate(foreign.url)).not.toEqual([]);
  await foreign.stop();
});

it("sets an incomplete data folder aside and makes a new one", async () => {
  await (await start()).stop();
  await rm(join(folder, "data/global/pg_control"));
  const lines: string[] = [];
  const second = await startPostgres({ folder, isDurable: false, say: (line) => lines.push(line) });
  expect(await migrate(second.url)).not.toEqual([]);
  expect(lines.join("\n")).toMatch(/data folder is incomplete; it was set aside/);
  expect(await statusOf(join(folder, "data.broken/PG_VERSION"))).toBeDefined();
  await second.stop();
});

it("finds its data after the clone was moved", async () => {
  const first = await start();
  await migrate(first.url);
  await first.stop();
  await rename(folder, join(parent, "moved"));
  const second = await startPostgres({ folder: join(parent, "moved"), isDurable: false });
  expect(await migrate(second.url)).toEqual([]);
  await second.stop();
  await removeReachableFolder(join(parent, "moved"));
});

it("removes throw-away data", async () => {
  const server = await startPostgres({ folder, isDurable: false, isThrowAway: true });
  expect(await statusOf(join(folder, "data"))).toBeDefined();
  await server.stop();
  expect(await statusOf(folder)).toBeUndefined();
});

it("says why when the server cannot start", async () => {
  await (await start()).stop();
  await writeFile(join(folder, "data/postgresql.conf"), "no_such_setting = 1\n");
  await expect(start()).rejects.toThrow(/Postgres ended while starting[\s\S]*no_such_setting/);
});
