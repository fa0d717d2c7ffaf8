/** The one way in which the devstack speaks: a line for a person. Callers decide where it goes. */

/** Receives one line without its end. */
export type Say = (line: string) => void;

/** Writes the line to standard output with the name of the speaker. */
export const sayOnStdout: Say = (line) => {
  process.stdout.write(`kith  ${line}\n`);
};

/** For callers that want no progress. */
export const sayNothing: Say = () => {};
