/** Why a consumer stopped for good. None of these gets better by waiting. */

export type ConsumerFatal =
  /** The position is beyond the end of the log: it belongs to another log, or the log lost its tail. */
  | { readonly kind: "beyond-log-end"; readonly partition: number; readonly position: number; readonly logEnd: number }
  /** The log starts after the position: records were deleted before they were read. */
  | { readonly kind: "log-truncated"; readonly partition: number; readonly position: number; readonly logStart: number }
  /** The topic was deleted and another one created under its name. */
  | { readonly kind: "topic-replaced"; readonly topicId: string | undefined }
  /** A bug, or a refusal such as a missing permission. */
  | { readonly kind: "consumer-crashed"; readonly error: unknown };

const BUGS = new Set(["TypeError", "RangeError", "ReferenceError", "SyntaxError"]);
const ANSWERED_BY_REJOINING = new Set([
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "REBALANCE_IN_PROGRESS",
  "NOT_COORDINATOR_FOR_GROUP",
  "MEMBER_ID_REQUIRED",
  "FENCED_INSTANCE_ID",
]);

/** True if a consumer that ended with this error would end with it again. */
export function isFatal(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { name, type, retriable } = at as { name: string; type?: unknown; retriable?: unknown };
    if (isBug(at)) return true;
    if (name === "KafkaJSNotImplemented" || name === "KafkaJSSASLAuthenticationError") return true;
    if (typeof type === "string") return retriable === false && !ANSWERED_BY_REJOINING.has(type);
  }
  return false;
}

/** The errors that only a mistake in the code makes. */
export function isBug(error: unknown): boolean {
  return error instanceof Error && BUGS.has(error.name);
}
