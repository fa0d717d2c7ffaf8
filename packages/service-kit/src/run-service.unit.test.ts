import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";

const KIT = new URL("./index.ts", import.meta.url).href;

/** A service in a process of its own; `start` is the body of its start function. */
function run(start: string, env: Record<string, string> = {}) {
  const code = `
    import { httpEnv, logEnv, portEnv, runService } from ${JSON.stringify(KIT)};
    import { z } from "zod";
    setInterval(() => {}, 1000);
    await runService({
      name: "test",
      closeMs: 1_500,
      configSchema: z.object({ ...logEnv, ...httpEnv, PORT: portEnv(0) }),
      async start(config, logger) { ${start} },
    });`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", code], {
    cwd: new URL(".", import.meta.url),
    env: { PATH: process.env.PATH ?? "", ...env },
  });
  return { child, output: collect(child), ended: once(child, "exit") as Promise<[number | null, string | null]> };
}

function collect(child: ChildProcessWithoutNullStreams): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  return () => text;
}

const STARTED = `logger.info("started"); return { async close() { logger.info("closing"); } };`;

describe("runService", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("closes on %s and exits with 0", async (signal) => {
    const { child, output, ended } = run(STARTED);
    await expect.poll(output).toContain("started");
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(output()).toContain("closing");
  });

  it("closes when its parent's end of the pipe is gone", async () => {
    const { child, output, ended } = run(STARTED, { KITH_PARENT_PIPE: "1" });
    await expect.poll(output).toContain("started");
    child.stdin.destroy();
    expect(await ended).toEqual([0, null]);
    expect(output()).toContain("parent gone");
  });

  it("ends at once on a second signal", async () => {
    const { child, output, ended } = run(`logger.info("started"); return { close: () => new Promise(() => {}) };`);
    await expect.poll(output).toContain("started");
    child.kill("SIGTERM");
    await expect.poll(output).toContain("stopping");
    child.kill("SIGTERM");
    expect(await ended).toEqual([1, null]);
  });

  it("gives up closing after a while", async () => {
    const { child, output, ended } = run(`logger.info("started"); return { close: () => new Promise(() => {}) };`);
    await expect.poll(output).toContain("started");
    const startedAt = Date.now();
    child.kill("SIGTERM");
    expect(await ended).toEqual([1, null]);
    expect(Date.now() - startedAt).toBeGreaterThan(1_400);
    expect(output()).toContain("did not close in time");
  });

  it("exits with 78 and names the variable when the configuration is wrong", async () => {
    const { output, ended } = run(STARTED, { PORT: "s3cret-value" });
    expect(await ended).toEqual([78, null]);
    expect(output()).toContain("PORT is not valid");
    expect(output()).not.toContain("s3cret-value");
  });

  it("exits with 78 before it starts, where others could reach it and there are no keys", async () => {
    const { output, ended } = run(STARTED, { HOST: "0.0.0.0" });
    expect(await ended).toEqual([78, null]);
    expect(output()).toContain("API_KEYS_FILE is not set");
    expect(output()).not.toContain("started");
  });

  it("starts there if it is told that something else guards it", async () => {
    const { child, output, ended } = run(STARTED, { HOST: "0.0.0.0", ALLOW_OPEN: "true" });
    await expect.poll(output).toContain("started");
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });

  it.each([
    ["start fails", `throw new Error("no luck");`, "did not start"],
    [
      "an exception is not caught",
      `setTimeout(() => { throw new Error("oops"); }, 1); ${STARTED}`,
      "uncaught exception",
    ],
    ["a rejection is not handled", `void Promise.reject(new Error("oops")); ${STARTED}`, "unhandled rejection"],
  ])("exits with 1 when %s", async (_what, start, message) => {
    const { output, ended } = run(start);
    expect(await ended).toEqual([1, null]);
    expect(output()).toContain(message);
  });

  it("keeps the exit code of a part that gave up", async () => {
    const { ended } = run(`process.exitCode = 1; process.kill(process.pid, "SIGTERM"); ${STARTED}`);
    expect(await ended).toEqual([1, null]);
  });
});
