/** Two columns on a terminal: what is said on one side leaves the other side of the line empty. */

export type TwoColumns = {
  /** A line over both columns. */
  across(text: string): void;
  left(...paragraphs: string[]): void;
  right(...paragraphs: string[]): void;
  /** What the columns are, and a rule beneath it. */
  headings(left: string, right: string): void;
};

export type TwoColumnsOptions = {
  readonly write: (line: string) => void;
  /** Of the terminal; undefined where there is none. */
  readonly width: number | undefined;
};

const WIDTH_MIN = 80;
const WIDTH_MAX = 160;
const WIDTH_OF_A_FILE = 132;
const SEPARATOR = " │ ";
const INDENT = "    ";

export function createTwoColumns({ write, width = WIDTH_OF_A_FILE }: TwoColumnsOptions): TwoColumns {
  const total = Math.min(Math.max(width, WIDTH_MIN), WIDTH_MAX);
  const column = Math.floor((total - SEPARATOR.length) / 2);

  function say(paragraphs: readonly string[], toLine: (text: string) => string): void {
    for (const line of paragraphs.flatMap((paragraph) => wrap(paragraph, column))) write(toLine(line).trimEnd());
  }

  return {
    across: (text) => {
      for (const line of wrap(text, total, "")) write(line);
    },
    left: (...paragraphs) => say(paragraphs, (line) => line.padEnd(column) + SEPARATOR),
    headings: (left, right) => {
      write(left.padEnd(column) + SEPARATOR + right);
      write(`${"─".repeat(column)}─┼─${"─".repeat(column)}`);
    },
    right: (...paragraphs) => say(paragraphs, (line) => " ".repeat(column) + SEPARATOR + line),
  };
}

/** Breaks after a space or comma where one is near, in the middle of a word otherwise. */
export function wrap(text: string, width: number, indent = INDENT): string[] {
  const lines: string[] = [];
  let rest = text;
  for (;;) {
    const room = lines.length === 0 ? width : width - indent.length;
    if (rest.length <= room) break;
    const cut = Math.max(rest.lastIndexOf(" ", room - 1), rest.lastIndexOf(",", room - 1)) + 1;
    const at = cut > room / 2 ? cut : room;
    lines.push((lines.length === 0 ? "" : indent) + rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  lines.push((lines.length === 0 ? "" : indent) + rest);
  return lines;
}
