import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { endOldServer } from "./end-old-server.ts";
import { statusOf } from "./file-status.ts";
import { type GuardedServerOptions, runGuardedCommand, startGuardedServer, stopAllGuarded } from "./run-guarded.ts";
import { readProcess } from "./running-process.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kith-guard-"));
});
afterEach(async () => {
  await stopAllGuarded();
  await rm(folder, { recursive: true });
});

/** A "server" that prints one line and stays; `script` says how it takes signals. */
function server(script = ""): GuardedServerOptions {
  return {
    name: "a server",
    command: "/bin/sh",
    args: ["-c", `${script} echo up; while :; do sleep 0.05; done`, folder],
    cwd: folder,
    stopSignal: "TERM",
    stopLimitSeconds: 1,
    logFile: join(folder, "server.log"),
    pidFile: join(folder, "server.pid"),
  };
}

async function untilUp(): Promise<void> {
  await vi.waitFor(async () => expect(await readFile(join(folder, "server.log"), "utf8")).toContain("up"), 30_000);
}

async function untilGone(pid: number): Promise<void> {
  await vi.waitFor(async () => expect(await readProcess(pid)).toBeUndefined(), 30_000);
}

/** Starts the server in another process, as a run that can be killed, and returns both process ids. */
async function startElsewhere(options: GuardedServerOptions): Promise<{ parent: number; pid: number }> {
  const script = join(folder, "parent.ts");
  const module = join(import.meta.dirname, "run-guarded.ts");
  await writeFile(
    script,
    `import { startGuardedServer } from ${JSON.stringify(module)};
     console.log((await startGuardedServer(${JSON.stringify(options)})).pid);
     setInterval(() => {}, 1_000);`,
  );
  const parent = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<Buffer>((resolve) => parent.stdout.once("data", resolve));
  return { parent: parent.pid!, pid: Number(line) };
}

it("stops the server on request, with the signal it wants", async () => {
  const started = await startGuardedServer(server("trap 'echo asked; exit 0' TERM;"));
  await untilUp();
  expect(started.hasExited()).toBe(false);
  await Promise.all([started.stop(), started.stop()]);
  expect(started.hasExited()).toBe(true);
  expect(await readProcess(started.pid)).toBeUndefined();
  expect(await readFile(join(folder, "server.log"), "utf8")).toContain("asked");
});

it("kills a server that does not heed the signal within its limit", async () => {
  const started = await startGuardedServer(server("trap '' TERM;"));
  await untilUp();
  await started.stop();
  expect(await readProcess(started.pid)).toBeUndefined();
});

it("notices that the server ended by itself", async () => {
  const started = await startGuardedServer(server());
  process.kill(started.pid, "SIGKILL");
  await started.exited;
  expect(started.hasExited()).toBe(true);
});

it("ends the server, and removes what is thrown away, when the parent is killed with -9", async () => {
  const throwAwayFolder = join(folder, "data with spaces");
  await mkdir(throwAwayFolder);
  const { parent, pid } = await startElsewhere({ ...server(), throwAwayFolder });
  expect(await readProcess(pid)).toBeDefined();
  process.kill(parent, "SIGKILL");
  await untilGone(pid);
  await vi.waitFor(async () => expect(await statusOf(throwAwayFolder)).toBeUndefined(), 30_000);
});

it("ends an orphan whose guard was killed as well, by its process-id file", async () => {
  const options = server();
  const { parent, pid } = await startElsewhere(options);
  const guard = (await readProcess(pid))?.parentPid;
  // The guard is more than one process: its watcher must go first, or it would end the server.
  for (const child of await childrenOf(guard!)) if (child !== pid) process.kill(child, "SIGKILL");
  process.kill(guard!, "SIGKILL");
  process.kill(parent, "SIGKILL");
  await untilGone(parent);
  expect(await readProcess(pid)).toBeDefined();
  await endOldServer({ ...options, marker: "a command line that is not the server's" });
  expect(await readProcess(pid)).toBeDefined();
  await writeFile(options.pidFile, String(pid));
  await endOldServer({ ...options, marker: folder });
  expect(await readProcess(pid)).toBeUndefined();
});

it("returns what a command prints, and says what it printed when it fails", async () => {
  const command = { ...server(), name: "a command" };
  expect(await runGuardedCommand({ ...command, args: ["-c", "echo one; echo two >&2"] })).toBe("one\ntwo\n");
  await expect(runGuardedCommand({ ...command, args: ["-c", "echo no space left; exit 3"] })).rejects.toThrow(
    "a command failed (exit code 3).\nno space left",
  );
});

async function childrenOf(parentPid: number): Promise<number[]> {
  const text = await runGuardedCommand({ ...server(), args: ["-c", "ps -A -o pid=,ppid="] });
  const pairs = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.filter(([, parent]) => parent === parentPid).map(([pid]) => pid!);
}
