/** What reconcilers found wrong themselves, before they committed it: they roll back and stop, and the graph stays right. */
import { readIfThere } from "./read-if-there.ts";

export async function findStoppedWriters(logFiles: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(logFiles.map(readIfThere));
  return [...new Set(texts.flatMap((text) => text.match(/invariant violated before commit: [^"]*/g) ?? []))];
}
