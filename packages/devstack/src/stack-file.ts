/** `.kith/stack.json`: where the running stack answers. It is there while everything answers. */
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kithFolder } from "./kith-folder.ts";

/** The content of the file; the last three are base URLs. */
export type StackAddresses = {
  readonly databaseUrl: string;
  readonly kafkaBrokers: string;
  readonly ingress: string;
  readonly query: string;
  readonly reconciler: string;
};

/** Where the file lies. */
export const stackFile: string = join(kithFolder, "stack.json");

/** Writes the file so that nobody can read half of it. Only the user may: it holds a password. */
export async function writeStackFile(addresses: StackAddresses): Promise<void> {
  const unfinished = `${stackFile}.unfinished`;
  await writeFile(unfinished, `${JSON.stringify(addresses, undefined, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, stackFile);
}

/** Removes the file, or what an interrupted run left of it. */
export async function removeStackFile(): Promise<void> {
  await Promise.all([rm(stackFile, { force: true }), rm(`${stackFile}.unfinished`, { force: true })]);
}
