/** A request that nobody answered, or not in time: what is to be expected of a service that is down or starting. */

/** True for the errors of `fetch` that tell of it. It wraps every connection error in a TypeError. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError");
}
