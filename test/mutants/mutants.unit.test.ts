import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "@kith/devstack";
import { expect, test } from "vitest";
import { MUTANTS } from "./mutants.ts";

test.each([...MUTANTS])("$name: what it changes is in the source, once", async ({ patches }) => {
  for (const { file, from } of patches) {
    const text = await readFile(join(repositoryRoot, file), "utf8");
    expect(text.split(from), file).toHaveLength(2);
  }
});
