/** Why records could not be published, and whether they may be in the log all the same. */

/**
 * A publish that did not end well. `not-written`: none of its records is in the log and none will be. `unknown`: some
 * may be there, or may still arrive; publishing them again is safe only where the reader leaves repetitions out.
 */
export class PublishError extends Error {
  readonly outcome: "not-written" | "unknown";
  /** True if a record is larger than its topic allows. A retry can not help. */
  readonly tooLarge: boolean;

  constructor(
    outcome: "not-written" | "unknown",
    reason: string,
    options: { cause?: unknown; tooLarge?: boolean } = {},
  ) {
    super(`${outcome}: ${reason}`, { cause: options.cause });
    this.name = "PublishError";
    this.outcome = outcome;
    this.tooLarge = options.tooLarge ?? false;
  }
}
