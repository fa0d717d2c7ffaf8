/**
 * `pnpm faults:report FILE…`: docs/faults-report.md out of the JSON reports of campaigns. A file may say in `cause` what
 * was found out about a failure.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "@kith/devstack";
import { type Campaign, toPage } from "./page.ts";

const files = process.argv.slice(2).filter((argument) => argument !== "--");
if (files.length === 0) {
  console.error("usage: pnpm faults:report FILE…");
  process.exit(64);
}
const campaigns = await Promise.all(files.map(async (file) => JSON.parse(await readFile(file, "utf8")) as Campaign));
campaigns.sort((a, b) => a.startedAt.localeCompare(b.startedAt));
const page = join(repositoryRoot, "docs", "faults-report.md");
await writeFile(page, toPage(campaigns));
console.log(`${page}: ${campaigns.length} campaigns`);
