/**
 * Java's archive of the classes that the broker loads (class data sharing). A broker writes it when it ends, once for
 * each Java and place; with it later ones listen after 1.0 s instead of 2.9 s, measured with Java 17 on two cores.
 */
import { createHash, randomBytes } from "node:crypto";
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { statusOf } from "./file-status.ts";
import { removeFolder } from "./remove-folder.ts";
import { readProcess } from "./running-process.ts";

/** How to use the archive, or to make it. */
export type ClassArchive = {
  /** For every Java program over these jars. */
  readonly useFlags: readonly string[];
  /** For the broker: uses the archive, or makes it if there is none. */
  readonly brokerFlags: readonly string[];
  /** Call it when a broker with these flags ended by itself or on request, not by force: its archive is then complete. */
  keep(): Promise<void>;
};

/** Finds the archive of this Java for these jars; the two are what an archive is valid for. */
export async function findClassArchive(jars: string, javaVersion: string): Promise<ClassArchive> {
  const id = createHash("sha256").update(`${javaVersion}\n${jars}`).digest("hex").slice(0, 12);
  const archive = join(jars, `classes-${id}.jsa`);
  if ((await statusOf(archive)) !== undefined) {
    const useFlags = [`-XX:SharedArchiveFile=${archive}`];
    return { useFlags, brokerFlags: useFlags, keep: async () => {} };
  }
  await removeUnfinished(jars);
  const unfinished = join(jars, `unfinished-${process.pid}-${randomBytes(4).toString("hex")}.jsa`);
  return {
    useFlags: [],
    brokerFlags: [`-XX:ArchiveClassesAtExit=${unfinished}`],
    async keep() {
      if ((await statusOf(unfinished)) === undefined) return;
      // 48 MB each: only the newest stays. Of two brokers that wrote one at once, either will do.
      for (const name of await readdir(jars)) if (name.startsWith("classes-")) await removeFolder(join(jars, name));
      await rename(unfinished, archive);
    },
  };
}

async function removeUnfinished(jars: string): Promise<void> {
  for (const name of await readdir(jars)) {
    const pid = /^unfinished-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && (await readProcess(Number(pid))) === undefined) await removeFolder(join(jars, name));
  }
}
