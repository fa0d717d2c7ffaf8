import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeWhole } from "./make-whole.ts";

// No process can have it: the largest that Linux allows is 2²².
const DEAD_PID = 99_999_999;
let folder: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kith-whole-"));
  target = join(folder, "jars");
});
afterEach(() => rm(folder, { recursive: true }));

async function build(unfinished: string): Promise<void> {
  await mkdir(unfinished);
  await writeFile(join(unfinished, "a.jar"), "a");
}

it("shows the folder only when it is complete", async () => {
  await makeWhole(target, async (unfinished) => {
    await build(unfinished);
    expect(await readdir(folder)).not.toContain("jars");
  });
  expect(await readdir(target)).toEqual(["a.jar"]);
  expect(await readdir(folder)).toEqual(["jars"]);
});

it("leaves a complete folder alone", async () => {
  await makeWhole(target, build);
  await makeWhole(target, () => Promise.reject(new Error("built again")));
});

it("starts afresh after a build that failed or was interrupted", async () => {
  await mkdir(`${target}.unfinished-${DEAD_PID}`);
  await expect(
    makeWhole(target, async (unfinished) => {
      await build(unfinished);
      throw new Error("disk full");
    }),
  ).rejects.toThrow("disk full");
  await makeWhole(target, build);
  expect(await readdir(folder)).toEqual(["jars"]);
});

it("leaves what a living process is building", async () => {
  const others = `${target}.unfinished-${process.ppid}`;
  await mkdir(others);
  await makeWhole(target, build);
  expect((await readdir(folder)).sort()).toEqual(["jars", `jars.unfinished-${process.ppid}`]);
});

it("accepts that another run was faster", async () => {
  await makeWhole(target, async (unfinished) => {
    await build(unfinished);
    await mkdir(target);
    await writeFile(join(target, "theirs.jar"), "a");
  });
  expect(await readdir(folder)).toEqual(["jars"]);
  expect(await readdir(target)).toEqual(["theirs.jar"]);
});
