import { expect, it } from "vitest";
import { createTwoColumns, wrap } from "./two-columns.ts";

it("says each thing on its side of the line", () => {
  const lines: string[] = [];
  const columns = createTwoColumns({ write: (line) => lines.push(line), width: 80 });
  columns.left("posted");
  columns.right("read", "and read again");
  columns.across("done");
  expect(lines).toEqual([
    `posted${" ".repeat(32)} │`,
    `${" ".repeat(38)} │ read`,
    `${" ".repeat(38)} │ and read again`,
    "done",
  ]);
});

it("keeps within the terminal, whatever its width", () => {
  for (const width of [80, 101, 160, undefined]) {
    const lines: string[] = [];
    const columns = createTwoColumns({ write: (line) => lines.push(line), width });
    columns.left("a".repeat(300));
    columns.right("word ".repeat(60));
    columns.across("word ".repeat(60));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width ?? 132);
  }
});

it.each([
  ["short enough", "one two", 10, ["one two"]],
  ["at a space", "one two three", 9, ["one two", "  three"]],
  ["after a comma", '{"a":1,"b":2}', 10, ['{"a":1,', '  "b":2}']],
  ["in the middle of a long word", "abcdefghij", 4, ["abcd", "  ef", "  gh", "  ij"]],
  ["nothing at all", "", 4, [""]],
])("breaks %s", (_, text, width, lines) => {
  expect(wrap(text, width, "  ")).toEqual(lines);
});
