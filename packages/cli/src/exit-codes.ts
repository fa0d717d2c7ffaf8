/** How the process ends, by the numbers of sysexits.h where it has one. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** The command line cannot be understood. */
  usage: 64,
  /** The command did its work, and found that the data are not as they must be. */
  wrong: 65,
  /** The server did not answer in time. */
  unavailable: 69,
} as const;

/** A failure that has an exit code of its own. The message is for the person at the terminal. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}
