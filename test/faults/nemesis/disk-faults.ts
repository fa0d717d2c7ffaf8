/**
 * F13: the disk of Postgres or of Kafka is full for a while. It needs a small file system: a tmpfs, in a mount namespace
 * of the rig's own that goes with its last process (run.ts). The servers are others than those under load.
 */
import { execFile } from "node:child_process";
import { mkdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Aside } from "../aside.ts";
import type { Arena, FaultResult, Planner } from "./fault.ts";

const run = promisify(execFile);
const SIZE = { postgres: "512m", kafka: "256m" } as const;
const WARM_UP_MS = 2_000;
const BLOCK_BYTES = 4_096;
const PIECES_MAX = 50;
/** So little is left that the next extension of a file or segment fails. */
const FULL_BYTES = 512 * 1024;

export const fillDisk: Planner = (dice) => {
  const variant = dice.pick(["postgres", "kafka"] as const);
  const fullMs = dice.between(3_000, 8_000);
  const leftBytes = dice.pick([0, 64 * 1024, 1024 * 1024]);
  return {
    class: "F13",
    variant,
    target: "servers of its own",
    parameters: { fullMs, leftBytes },
    needs: ["aside"],
    touchesRelay: false,
    async run(arena) {
      const disk = join(arena.folder, "small-disk");
      await mkdir(disk, { recursive: true });
      await run("mount", ["-t", "tmpfs", "-o", `size=${SIZE[variant]},mode=0755`, "kith-faults", disk]);
      try {
        const aside = await arena.openAside(variant === "postgres" ? { postgresFolder: disk } : { kafkaFolder: disk });
        try {
          return await fill(arena, aside, disk);
        } finally {
          await aside.close();
        }
      } finally {
        await run("umount", ["--lazy", disk]);
      }
    },
  };

  async function fill(arena: Arena, { epoch, servers, check }: Aside, disk: string): Promise<FaultResult> {
    const filler = join(disk, "filler");
    epoch.resume();
    await arena.sleep(WARM_UP_MS);
    await fillUp(disk, filler, leftBytes);
    await arena.sleep(fullMs);
    const left = await freeBytes(disk);
    const wentDown = { postgres: servers.postgres.pid() === undefined, kafka: servers.kafka[0]!.pid() === undefined };
    await rm(filler, { recursive: true, force: true });
    for (const violation of await check()) arena.report(`F13 (${variant}): ${violation}`);
    // A disk that never got full was no fault.
    return left > FULL_BYTES ? undefined : { leftBytes: left, wentDown, statuses: epoch.http.statuses() };
  }
};

/** Piece by piece, since the servers write at the same time. */
async function fillUp(disk: string, filler: string, leftBytes: number): Promise<void> {
  await mkdir(filler);
  for (let piece = 0; piece < PIECES_MAX; piece++) {
    const bytes = (await freeBytes(disk)) - leftBytes;
    if (bytes < BLOCK_BYTES) return;
    try {
      await run("fallocate", ["-l", String(bytes), join(filler, String(piece))]);
    } catch (error) {
      // Somebody else took some of it first.
      if (!(error instanceof Error && "code" in error && error.code === 1)) throw error;
    }
  }
}

async function freeBytes(disk: string): Promise<number> {
  const { bavail, bsize } = await statfs(disk);
  return bavail * bsize;
}
