/** A CPU profile in a few lines: the functions in which the process itself spent its time. */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { repositoryRoot } from "@kith/devstack";

type Profile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

const LINES = 25;

/** Lines like `12.3 %  decodeRecord services/reconciler/src/steps/decode-record.ts:14`, idle time left out. */
export async function profileTop(file: string): Promise<string[]> {
  const profile = JSON.parse(await readFile(file, "utf8")) as Profile;
  const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  const times = new Map<string, number>();
  let total = 0;
  for (const [index, id] of profile.samples.entries()) {
    const name = names.get(id) ?? "";
    if (name === "(idle)") continue;
    const microseconds = profile.timeDeltas[index] ?? 0;
    times.set(name, (times.get(name) ?? 0) + microseconds);
    total += microseconds;
  }
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, LINES)
    .map(([name, microseconds]) => `${((100 * microseconds) / total).toFixed(1).padStart(5)} %  ${name}`);
}

function nameOf({ functionName, url, lineNumber }: Profile["nodes"][number]["callFrame"]): string {
  if (functionName.startsWith("(")) return functionName;
  const path = url.startsWith("file:") ? relative(repositoryRoot, fileURLToPath(url)) : url;
  const shortened = path.replace(/^node_modules\/\.pnpm\/.*\/node_modules\//, "");
  return `${functionName === "" ? "(anonymous)" : functionName} ${shortened}:${lineNumber + 1}`;
}
