import {
  PROBLEM_CODES,
  type ProblemCode,
  type ProblemDocument,
  type ProblemExtras,
  problemDocument,
} from "./problem-codes.ts";

/**
 * An operational error with a code of the one table. Thrown where a request cannot go on; turned into a problem
 * document at the edge. Its message never contains a value that was sent.
 */
export class KithError extends Error {
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    extras: ProblemExtras = {},
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(`${code}: ${PROBLEM_CODES[code].title}`, { cause: options.cause });
    this.name = "KithError";
    this.code = code;
    this.extras = extras;
    this.retryAfterSeconds = options.retryAfterSeconds ?? (PROBLEM_CODES[code].status === 503 ? 1 : undefined);
  }

  get status(): number {
    return PROBLEM_CODES[this.code].status;
  }

  toProblem(): ProblemDocument {
    return problemDocument(this.code, this.extras);
  }
}

/** What `work` returns, or the KithError that it throws: for one of many, which the others outlive. All else is thrown on. */
export function orKithError<T>(work: () => T): T | KithError {
  try {
    return work();
  } catch (error) {
    if (error instanceof KithError) return error;
    throw error;
  }
}
