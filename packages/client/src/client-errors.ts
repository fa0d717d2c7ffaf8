/** What a call of the client may reject with. None of the messages contains a value that was sent. */
import type { FieldError, ProblemCode } from "@kith/contracts";

/** What a problem document says beside its code. */
export type KithProblemDetails = {
  readonly status: number;
  readonly title: string;
  readonly errors: readonly FieldError[];
  readonly detail?: string | undefined;
  readonly identityIds?: readonly number[] | undefined;
  readonly eventId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
};

/** Kith answered with a problem document. Tell problems apart by `code`. */
export class KithProblem extends Error {
  override readonly name = "KithProblem";
  /** A code of the table in docs/contract.md; a newer Kith may have more. */
  readonly code: ProblemCode | (string & {});
  readonly status: number;
  /** The fields at fault, by the request's own names. */
  readonly errors: readonly FieldError[];
  readonly detail: string | undefined;
  /** With `different-identities`: the two. */
  readonly identityIds: readonly number[] | undefined;
  /** With a 503 of an order: repeat the order with this event id. The first one may be in the log or not. */
  readonly eventId: string | undefined;
  /** After how many seconds a retry makes sense, if it does. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, details: KithProblemDetails) {
    super(`${code}: ${details.title}`);
    this.code = code;
    this.status = details.status;
    this.errors = details.errors;
    this.detail = details.detail;
    this.identityIds = details.identityIds;
    this.eventId = details.eventId;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** No answer came: the service is not reachable, or not in time. Whether an order was accepted is unknown. */
export class KithUnreachable extends Error {
  override readonly name = "KithUnreachable";
}

/** Something answered that does not speak as Kith does: another service, a proxy, or a Kith too new. */
export class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";
  readonly status: number;

  constructor(status: number) {
    super(`an answer with status ${status} does not have the form that Kith's answers have`);
    this.status = status;
  }
}
