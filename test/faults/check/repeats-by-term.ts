/**
 * Repeats on `identity.resolved` by the leader's term they were written in. A leader says again the last window of one
 * that was killed, and, 25 s later, all that one that was cut off may still have been publishing: the doubtful window.
 * If that leader is cut off, too, the window stays open and grows.
 */
import { readIfThere } from "./read-if-there.ts";

export type TermRepeats = {
  readonly term: number;
  readonly repeats: number;
  /** Records of the doubtful window that this term published again; 0 if it had none or did not get there. */
  readonly doubtful: number;
};

type Entry = { readonly msg?: string; readonly time: string; readonly term?: number; readonly records?: number };

/** `logFiles` are the reconcilers', `repeatedAtMs` when their producers wrote the repeats. Terms without repeats are left out. */
export async function repeatsByTerm(
  logFiles: readonly string[],
  repeatedAtMs: readonly number[],
): Promise<TermRepeats[]> {
  const texts = await Promise.all(logFiles.map(readIfThere));
  const entries = texts.flatMap((text) =>
    text.split("\n").filter((line) => line.includes('"relay leads"') || line.includes('"published again ')),
  );
  const parsed = entries
    .map((line) => JSON.parse(line) as Entry)
    .map((entry) => ({ ...entry, atMs: Date.parse(entry.time) }));
  const terms = parsed
    .filter((entry) => entry.term !== undefined)
    .map(({ term, atMs }) => ({ term: term!, atMs, repeats: 0, doubtful: 0 }))
    .sort((a, b) => a.term - b.term);
  const leading = (atMs: number) => terms.findLast((one) => one.atMs <= atMs);
  for (const atMs of repeatedAtMs) {
    const term = leading(atMs);
    if (term !== undefined) term.repeats += 1;
  }
  for (const { atMs, records } of parsed) {
    const term = records === undefined ? undefined : leading(atMs);
    if (term !== undefined) term.doubtful += records!;
  }
  return terms.filter(({ repeats }) => repeats > 0).map(({ term, repeats, doubtful }) => ({ term, repeats, doubtful }));
}

/** The term with the most repeats. */
export function mostRepeats(terms: readonly TermRepeats[]): TermRepeats | undefined {
  return terms.reduce<TermRepeats | undefined>(
    (most, one) => (one.repeats > (most?.repeats ?? 0) ? one : most),
    undefined,
  );
}
