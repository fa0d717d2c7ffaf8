/** Which errors of a send mean that the broker answered and wrote nothing. */

export type Refusal = { readonly type: string; readonly isTooLarge: boolean };

// The batch is refused as it is. Sequence errors are not among these: they tell of an earlier send that may be in the log.
const REFUSALS = new Set([
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
  "INVALID_TOPIC_EXCEPTION",
  "TOPIC_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "UNSUPPORTED_COMPRESSION_TYPE",
]);

export function refusalOf(error: unknown): Refusal | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { type } = at as { type?: unknown };
    if (typeof type !== "string" || !REFUSALS.has(type)) continue;
    return { type, isTooLarge: type === "MESSAGE_TOO_LARGE" || type === "RECORD_LIST_TOO_LARGE" };
  }
  return undefined;
}
