/** F22: Postgres is put back to an older base backup, and the runbook is followed: generation, versions, go on. */
import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createDatabase } from "@kith/database";
import { rowsOf } from "@kith/testkit/system";
import type { Arena, Planner } from "./fault.ts";

const run = promisify(execFile);
const PROGRESS_TRIES = 200;
const PROGRESS_POLL_MS = 200;
const RAISE = `with raised as (
    update identity set version = (select generation from deployment)::bigint * (1::bigint << 40)
      + (version & ((1::bigint << 40) - 1)) + 1
    returning id, version)
  insert into outbox (identity_id, version) select id, version from raised`;

export const restoreBackup: Planner = (dice) => {
  const ageMs = dice.between(1_000, 6_000);
  return {
    class: "F22",
    variant: "base-backup",
    target: "postgres",
    parameters: { ageMs },
    needs: [
      "postgres",
      "roads-postgres",
      "saboteur",
      "scale",
      "leader",
      "reconciler-1",
      "reconciler-2",
      "reconciler-3",
    ],
    touchesRelay: true,
    async run(arena) {
      const { servers, deployment, sleep } = arena;
      const { reconcilers } = deployment;
      const backup = join(arena.folder, "backup");
      await takeBackup(arena, backup);
      const offsets = () =>
        arena.sql<{ n: number }>("select coalesce(sum(next_offset), 0)::bigint as n from consumer_offset");
      const [then] = await offsets();
      await sleep(ageMs);
      let [now] = await offsets();
      // A backup that nothing was settled after restores nothing.
      for (let tries = 0; Number(now!.n) <= Number(then!.n) && tries < PROGRESS_TRIES; tries++) {
        await sleep(PROGRESS_POLL_MS);
        [now] = await offsets();
      }
      if (Number(now!.n) <= Number(then!.n)) return undefined;
      arena.noteRestore();
      await Promise.all(reconcilers.map((one) => one.down()));
      await servers.postgres.stop("immediate");
      await servers.postgres.restore(backup);
      await servers.postgres.start();
      await run("rm", ["-rf", backup]);
      await arena.sql("update deployment set generation = generation + 1");
      await arena.sql(RAISE);
      for (const one of reconcilers.slice(0, 3)) one.up();
      return { lostRecords: Number(now!.n) - Number(then!.n) };
    },
  };
};

/** A base backup while everything runs, by the low-level interface. */
async function takeBackup({ servers, deployment }: Arena, backup: string): Promise<void> {
  const { db, close } = createDatabase({
    url: servers.databaseUrl(),
    schema: deployment.schema,
    role: "admin",
    poolMax: 1,
    applicationName: "kith-faults-backup",
  });
  try {
    await db.connection().execute(async (session) => {
      await rm(backup, { recursive: true, force: true });
      await rowsOf(session, "select pg_backup_start('kith-faults', true)");
      const data = servers.postgres.dataFolder();
      // Files may go while they are copied: tar says so and goes on.
      await copy(data, backup);
      const [stopped] = await rowsOf<{ label: string }>(
        session,
        "select labelfile as label from pg_backup_stop(false)",
      );
      // The log up to here belongs to the backup.
      await run("rm", ["-rf", join(backup, "pg_wal")]);
      await copy(join(data, "pg_wal"), join(backup, "pg_wal"));
      await rm(join(backup, "postmaster.pid"), { force: true });
      await writeFile(join(backup, "backup_label"), stopped!.label);
      await run("chown", ["-R", "--reference", data, backup]);
    });
  } finally {
    await close();
  }
}

async function copy(from: string, to: string): Promise<void> {
  const script =
    'mkdir -p "$2" && chmod 700 "$2" && { tar -C "$1" --ignore-failed-read --warning=no-file-changed --warning=no-file-removed -cf - . ; true; } | tar -C "$2" -xf -';
  await run("/bin/sh", ["-c", script, "sh", from, to], { maxBuffer: 16 * 1024 * 1024 });
}
