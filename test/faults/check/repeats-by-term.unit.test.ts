import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mostRepeats, repeatsByTerm } from "./repeats-by-term.ts";

const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`;
const ms = (second: number) => Date.parse(at(second));

test("each repeat counts for the term that led when it was written, whichever reconciler that was", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kith-terms-"));
  try {
    const one = join(folder, "one.log");
    const other = join(folder, "other.log");
    await writeFile(
      one,
      [
        { time: at(1), term: 1, isInDoubt: false, msg: "relay leads" },
        { time: at(2), msg: "anything else" },
        { time: at(5), term: 3, isInDoubt: true, msg: "relay leads" },
        { time: at(7), records: 4, msg: "published again what an earlier relay may have published late" },
      ]
        .map((line) => JSON.stringify(line))
        .join("\n"),
    );
    await writeFile(other, JSON.stringify({ time: at(3), term: 2, isInDoubt: true, msg: "relay leads" }));
    const terms = await repeatsByTerm([one, other, join(folder, "none.log")], [3, 4, 7, 7, 7].map(ms));
    expect(terms).toEqual([
      { term: 2, repeats: 2, doubtful: 0 },
      { term: 3, repeats: 3, doubtful: 4 },
    ]);
    expect(mostRepeats(terms)).toEqual({ term: 3, repeats: 3, doubtful: 4 });
    expect(mostRepeats([])).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
