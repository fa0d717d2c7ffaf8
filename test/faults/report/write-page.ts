/**
 * `pnpm faults:report [FILE…]`: keeps the figures of these reports in docs/faults, and writes docs/faults-report.md out
 * of all that are there. A report may say in `cause` what was found out about a failure.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "@kith/devstack";
import { toPage } from "./page.ts";
import { type Campaign, type Summary, summarize } from "./summary.ts";

const folder = join(repositoryRoot, "docs", "faults");
const page = join(repositoryRoot, "docs", "faults-report.md");

await mkdir(folder, { recursive: true });
for (const file of process.argv.slice(2).filter((argument) => argument !== "--")) {
  const campaign = await readJson<Campaign>(file);
  const name = `${campaign.startedAt.slice(0, 10)}-seed-${campaign.seed}.json`;
  await writeFile(join(folder, name), `${JSON.stringify(summarize(campaign), undefined, 2)}\n`);
}
const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
const summaries = await Promise.all(names.map((name) => readJson<Summary>(join(folder, name))));
await writeFile(page, toPage(summaries));
console.log(`${page}: ${summaries.flatMap((one) => one.campaigns).length} campaigns`);

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, "utf8")) as T;
}
