import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { takeStartLock } from "./start-lock.ts";

const MARKER = "kith-lock-holder";
let folder: string;
let file: string;
let holder: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kith-lock-"));
  file = join(folder, "start.lock");
});
afterEach(async () => {
  holder?.kill("SIGKILL");
  holder = undefined;
  await rm(folder, { recursive: true });
});

/** A living process whose command line has the marker, as the lock's holder. */
async function holdByOther(): Promise<ChildProcess> {
  holder = spawn("sh", ["-c", "echo up; read -r line", MARKER], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise((resolve) => holder?.stdout?.once("data", resolve));
  await writeFile(file, String(holder.pid));
  return holder;
}

it("is held until it is released", async () => {
  const lock = await takeStartLock(file, MARKER);
  expect(lock.isAfterCrash).toBe(false);
  expect(await readFile(file, "utf8")).toBe(String(process.pid));
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
});

it("refuses while the holder lives, and names it", async () => {
  const { pid } = await holdByOther();
  await expect(takeStartLock(file, MARKER)).rejects.toThrow(new RegExp(`already running here \\(process ${pid}\\)`));
  expect(await readdir(folder)).toEqual(["start.lock"]);
});

it("is taken over from a holder that was killed", async () => {
  const other = await holdByOther();
  other.kill("SIGKILL");
  await new Promise((resolve) => other.once("exit", resolve));
  expect((await takeStartLock(file, MARKER)).isAfterCrash).toBe(true);
  expect(await readdir(folder)).toEqual(["start.lock"]);
});

it("is taken over when the process id now belongs to another program", async () => {
  await holdByOther();
  expect((await takeStartLock(file, "another-marker")).isAfterCrash).toBe(true);
});
