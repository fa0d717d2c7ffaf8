/** The SQLSTATEs Kith knows by name, and what class of failure an error is (appendix A of the PostgreSQL manual). */

/** What to do after a failure. `retriable`: the same work may succeed later. `suspect`: it may be the work itself. */
export type FailureClass = "retriable" | "suspect";

export const SQL_STATE = {
  deadlockDetected: "40P01",
  serializationFailure: "40001",
  lockNotAvailable: "55P03",
  queryCanceled: "57014",
  readOnlyTransaction: "25006",
  uniqueViolation: "23505",
} as const;

const RETRIABLE_STATES: ReadonlySet<string> = new Set([
  SQL_STATE.deadlockDetected,
  SQL_STATE.serializationFailure,
  SQL_STATE.lockNotAvailable,
  SQL_STATE.queryCanceled,
  SQL_STATE.readOnlyTransaction,
  // The transaction or session was ended under us by a time limit.
  "25P03",
  // The database takes no connections at present.
  "55000",
]);

// 53 insufficient resources, 08 connection exception, 57P operator intervention, 58 system error; and refused at the
// door, which is never a record's fault: 28 the password or role, 3D the database's name.
const RETRIABLE_CLASS = /^(53|08|57P|58|28|3D)/;

// Node's and pg's words for a connection that is not there.
const RETRIABLE_SYSTEM: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** Says whether repeating the same transaction may succeed. */
export function classifyFailure(error: unknown): FailureClass {
  const code = codeOf(error);
  if (code !== undefined) {
    const isRetriable = RETRIABLE_STATES.has(code) || RETRIABLE_CLASS.test(code) || RETRIABLE_SYSTEM.has(code);
    return isRetriable ? "retriable" : "suspect";
  }
  return isLostConnection(error) ? "retriable" : "suspect";
}

/** True if the error says that the connection broke, so that a COMMIT sent on it may or may not have happened. */
export function isLostConnection(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) return code.startsWith("08") || code.startsWith("57P") || RETRIABLE_SYSTEM.has(code);
  // pg has no codes for its own client-side errors; an Error that PostgreSQL did not send and that is no bug of ours
  // (those are TypeErrors and the like) is one of them: connection terminated, pool time-out, query read time-out.
  return error instanceof Error && error.constructor === Error;
}

/** True if a row with this key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === SQL_STATE.uniqueViolation;
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
