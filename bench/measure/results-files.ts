/** The files under bench/results: for each part its figures as JSON and as a table, and one summary of all. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatNumber, type Result } from "./result.ts";

/** What is kept of the last run of a part. */
export type PartResults = { readonly part: string; readonly results: readonly Result[] };

const RESULTS = join(import.meta.dirname, "../results");

/** Figures of quick runs are kept apart: they say that everything runs, and are no measure of speed. */
export function resultsFolder(isQuick: boolean): string {
  return isQuick ? join(RESULTS, "quick") : RESULTS;
}

export async function writeResults(
  part: string,
  results: readonly Result[],
  about: { isQuick: boolean; machine: string; commit: string; now: Date },
): Promise<void> {
  const folder = resultsFolder(about.isQuick);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${part}.json`), `${JSON.stringify(results, undefined, 2)}\n`);
  const day = about.now.toISOString().slice(0, 10);
  const text = `# ${part}\n\n${toTable(results)}\nMeasured on ${day} at commit ${about.commit}, on ${about.machine}.\n`;
  await writeFile(join(folder, `${part}.md`), text);
}

/** Writes the summary over all parts that have figures, in the order of `parts`. */
export async function writeSummary(parts: readonly string[], isQuick: boolean): Promise<void> {
  const kept = await readResults(isQuick);
  const sections = parts.flatMap((part) => {
    const rows = kept.find((held) => held.part === part)?.results.filter((row) => row.target !== null) ?? [];
    return rows.length === 0 ? [] : [`## [${part}](${part}.md)\n\n${toTable(rows)}`];
  });
  const head =
    "# Figures\n\nWritten by `pnpm bench`. Each figure that has a target, part by part; the files of the parts have the\n" +
    "others, and the machine. The limit is what the same machine did in the same run without our work in between.\n\n";
  await writeFile(join(resultsFolder(isQuick), "README.md"), head + sections.join("\n"));
}

/** The figures of every part that has been run. */
export async function readResults(isQuick: boolean): Promise<PartResults[]> {
  const folder = resultsFolder(isQuick);
  await mkdir(folder, { recursive: true });
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(
    names.map(async (name) => ({
      part: name.slice(0, -".json".length),
      results: JSON.parse(await readFile(join(folder, name), "utf8")) as Result[],
    })),
  );
}

/** A Markdown table that reads well as plain text too. */
export function toTable(results: readonly Result[]): string {
  const rows = results.map((row) => [
    row.case,
    `${formatNumber(row.figure)} ${row.unit}`,
    row.limit === null ? "" : formatNumber(row.limit),
    row.ratio === null ? "" : row.ratio.toFixed(2),
    row.target ?? "",
    row.met === null ? "" : row.met ? "yes" : "**no**",
  ]);
  const head = ["case", "figure", "limit", "ratio", "target", "met"];
  const widths = head.map((title, column) => Math.max(title.length, 3, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |\n`;
  return line(head) + line(widths.map((width) => "-".repeat(width))) + rows.map(line).join("");
}
