/** A request that nobody answered, or not in time: what is to be expected of a service that is down or starting. */

/**
 * True for the errors of `fetch` that tell of it. It wraps every connection error in a TypeError, and that has a code;
 * what it will not even try, such as a port of its list of bad ones, has none.
 */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof TypeError) return error.cause instanceof Error && "code" in error.cause;
  return error instanceof DOMException && error.name === "TimeoutError";
}
