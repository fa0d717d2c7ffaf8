/** PostgreSQL refuses to run as root: whom it runs as instead, and what that user can reach. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { statusOf } from "./file-status.ts";

const run = promisify(execFile);

/** The numbers of a user of this machine. */
export type ServerUser = { readonly uid: number; readonly gid: number };

/**
 * For root: the owner of the data if there are some, else `postgres` if the machine has that user, else `nobody`. No
 * user is ever created. Undefined for everybody else: the server then runs as the caller.
 */
export async function chooseServerUser(dataFolder: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const data = await statusOf(dataFolder);
  if (data !== undefined && data.uid !== 0) return { uid: data.uid, gid: data.gid };
  const user = (await lookUpUser("postgres")) ?? (await lookUpUser("nobody"));
  if (user === undefined) {
    throw new Error(
      "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody` to run it as. " +
        "Start as an ordinary user, or set DATABASE_URL.",
    );
  }
  return user;
}

/** Tells whether the user can list, read or execute what lies at the path; asks the system by trying as that user. */
export async function canReach(user: ServerUser | undefined, path: string): Promise<boolean> {
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  try {
    await run("/bin/sh", ["-c", 'test -x "$1" && test -r "$1"', "sh", path], { cwd: "/", ...identity });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === 1) return false;
    throw error;
  }
}

async function lookUpUser(name: string): Promise<ServerUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch (error) {
    // id answers 1 for a name that it does not know.
    if (error instanceof Error && "code" in error && error.code === 1) return undefined;
    throw error;
  }
}
