/** A copy of the repository for mutants, which never get into the repository itself. */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { kafkaJarsFolder, repositoryRoot } from "@kith/devstack";
import type { Mutant } from "./mutants.ts";

export type Copy = {
  readonly folder: string;
  /** Does the work with the mutant in the copy, and takes it out again. */
  withMutant<Result>(mutant: Mutant, work: () => Promise<Result>): Promise<Result>;
  remove(): Promise<void>;
};

/** Not part of the copy; third-party packages and Kafka's programs are shared with it. */
const LEFT_OUT = new Set([".git", ".kith", "results"]);

/** The links of the workspace are relative, so in the copy they lead to the copy's packages. */
export async function makeCopy(): Promise<Copy> {
  const folder = await mkdtemp(join(tmpdir(), "kith-mutants-"));
  await cp(repositoryRoot, folder, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => source !== join(repositoryRoot, "node_modules") && !LEFT_OUT.has(basename(source)),
  });
  await symlink(join(repositoryRoot, "node_modules"), join(folder, "node_modules"));
  await mkdir(join(folder, ".kith"));
  await symlink(kafkaJarsFolder, join(folder, ".kith", "kafka-jars"));
  return {
    folder,
    async withMutant(mutant, work) {
      const originals = await apply(folder, mutant);
      try {
        return await work();
      } finally {
        for (const [file, text] of originals) await writeFile(file, text);
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function apply(folder: string, mutant: Mutant): Promise<Map<string, string>> {
  const originals = new Map<string, string>();
  for (const { file, from, to } of mutant.patches) {
    const path = join(folder, file);
    const text = await readFile(path, "utf8");
    if (text.split(from).length !== 2) throw new Error(`mutant "${mutant.name}": its text is not once in ${file}`);
    if (!originals.has(path)) originals.set(path, text);
    await writeFile(
      path,
      text.replace(from, () => to),
    );
  }
  return originals;
}
