/** The one table of everything that can go wrong for a client over HTTP (RFC 9457 problem documents). */

/** Status and title by code. `type` is `urn:kith:problem:<code>`. */
export const PROBLEM_CODES = {
  "malformed-json": { status: 400, title: "The body is not JSON" },
  "invalid-body": { status: 400, title: "The body does not have the expected form" },
  "no-identifier": { status: 400, title: "Neither an email nor a phone number was given" },
  "invalid-email": { status: 400, title: "The email is not an address Kith accepts" },
  "invalid-phone": { status: 400, title: "The phone number is not a number Kith accepts" },
  "invalid-field": { status: 400, title: "A field has a value Kith does not accept" },
  "invalid-receipt": { status: 400, title: "The receipt was not issued by Kith" },
  "invalid-id": { status: 400, title: "The id is not an integer between 1 and 2^53-1" },
  "invalid-cursor": { status: 400, title: "The cursor was not issued by Kith" },
  "invalid-idempotency-key": { status: 400, title: "The Idempotency-Key is not 1 to 255 printable ASCII characters" },
  "invalid-request": { status: 400, title: "The request is not well-formed HTTP" },
  unauthenticated: { status: 401, title: "An API key is needed" },
  forbidden: { status: 403, title: "The API key does not allow this" },
  "unknown-contact": { status: 404, title: "No such contact" },
  "unknown-identity": { status: 404, title: "No such identity" },
  "unknown-route": { status: 404, title: "No such route" },
  "method-not-allowed": { status: 405, title: "The route does not take this method" },
  "request-timeout": { status: 408, title: "The request did not arrive in time" },
  "different-identities": { status: 409, title: "The identifiers belong to different identities" },
  "receipt-elsewhere": { status: 409, title: "The receipt belongs to another topic or deployment" },
  "receipt-expired": { status: 410, title: "The receipt's topic was replaced" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "too-many-items": { status: 413, title: "Too many items in one request" },
  "uri-too-long": { status: 414, title: "The address is too long" },
  "unsupported-media-type": { status: 415, title: "The body must be sent as application/json" },
  "only-junk": { status: 422, title: "Every identifier given is a placeholder" },
  "rate-limited": { status: 429, title: "Too many requests" },
  "headers-too-large": { status: 431, title: "The headers are too large" },
  internal: { status: 500, title: "Something went wrong inside Kith" },
  "log-unavailable": { status: 503, title: "The log does not take the order now" },
  "database-unavailable": { status: 503, title: "The database does not answer now" },
  overloaded: { status: 503, title: "Kith has more work than it can take now" },
  "shutting-down": { status: 503, title: "This process is shutting down" },
} as const satisfies Record<string, { status: number; title: string }>;

/** A code of {@link PROBLEM_CODES}. */
export type ProblemCode = keyof typeof PROBLEM_CODES;

/** One field at fault, by the request's own name (`items/3/email` in a batch). Never carries the value. */
export type FieldError = { readonly field: string; readonly code: string };

/** An `application/problem+json` document. */
export type ProblemDocument = {
  readonly type: `urn:kith:problem:${ProblemCode}`;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];
  readonly detail?: string;
  /** Only with `different-identities`: the two identities. */
  readonly identityIds?: readonly number[];
  /** Only where the outcome of a publish is unknown: repeat the request with this key. */
  readonly eventId?: string;
};

/** What a problem may carry besides its code. `detail` must not contain a value that was sent. */
export type ProblemExtras = {
  errors?: readonly FieldError[];
  detail?: string;
  identityIds?: readonly number[];
  eventId?: string;
};

/** Builds the document of a code. */
export function problemDocument(code: ProblemCode, extras: ProblemExtras = {}): ProblemDocument {
  const { status, title } = PROBLEM_CODES[code];
  return { type: `urn:kith:problem:${code}`, title, status, code, errors: [], ...extras };
}
