/**
 * Folders that the server's user can reach. A clone that root keeps under /root, or in a private temporary folder, is
 * closed to everybody else; we do not open other people's folders, so what the server needs then lies outside:
 * in /var/lib/kith-devstack, with a link in its place.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { linkStatusOf, statusOf } from "./file-status.ts";
import { makeWhole } from "./make-whole.ts";
import { removeFolder } from "./remove-folder.ts";
import type { Say } from "./say.ts";
import { canReach, type ServerUser } from "./server-user.ts";

const run = promisify(execFile);

/** Makes sure that there is a folder at `wanted` which belongs to the user, and returns where it really lies. */
export async function prepareReachableFolder(wanted: string, user: ServerUser | undefined, say: Say): Promise<string> {
  await mkdir(dirname(wanted), { recursive: true });
  if ((await linkStatusOf(wanted))?.isSymbolicLink()) {
    if ((await statusOf(wanted)) !== undefined) return realpath(wanted);
    // Somebody removed what the link led to.
    await rm(wanted);
  }
  await mkdir(wanted, { recursive: true, mode: 0o700 });
  if (user === undefined) return wanted;
  await chown(wanted, user.uid, user.gid);
  if (await canReach(user, wanted)) return wanted;
  const outside = join(await outsideFolder(), `${basename(wanted)}-${randomBytes(6).toString("hex")}`);
  // The clone was moved, or closed, after its data had been made.
  const hasData = (await readdir(wanted)).length > 0;
  if (hasData) await run("mv", [wanted, outside]);
  else await removeFolder(wanted);
  // The link first: what an interrupted run leaves is then always found by it.
  await symlink(outside, wanted);
  if (!hasData) {
    await mkdir(outside, { mode: 0o700 });
    await chown(outside, user.uid, user.gid);
  }
  say(`Postgres: the user it runs as cannot reach ${wanted}, so the data are in ${outside}`);
  return outside;
}

/** Removes the folder at `wanted`, wherever it really lies. */
export async function removeReachableFolder(wanted: string): Promise<void> {
  if ((await statusOf(wanted)) !== undefined) await removeFolder(await realpath(wanted));
  await removeFolder(wanted);
}

/** Returns `source`, or a copy of it outside if the user cannot execute `program` in it. The copy is made once. */
export async function reachableCopy(
  source: string,
  program: string,
  copyName: string,
  user: ServerUser | undefined,
): Promise<string> {
  if (user === undefined || (await canReach(user, join(source, program)))) return source;
  const copy = join(await outsideFolder(), copyName);
  await makeWhole(copy, async (unfinished) => {
    await run("cp", ["-R", source, unfinished]);
  });
  return copy;
}

async function outsideFolder(): Promise<string> {
  const parent = (await statusOf("/var/lib"))?.isDirectory() ? "/var/lib" : tmpdir();
  const outside = join(parent, "kith-devstack");
  await mkdir(outside, { recursive: true });
  const status = await statusOf(outside);
  if (status?.uid !== 0) throw new Error(`${outside} must belong to root, since programs are run from it.`);
  await chmod(outside, 0o755);
  return outside;
}
