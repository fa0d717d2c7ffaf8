/** What a command knows of the person or script that started it. */
export type Terminal = {
  /** A line of the result, to standard output. */
  readonly print: (line: string) => void;
  /** A line beside the result, to standard error. */
  readonly warn: (line: string) => void;
  /** How long to wait for a server that is not there yet, and how often to ask. */
  readonly wait: { readonly deadlineMs: number; readonly pauseMs: number };
};
