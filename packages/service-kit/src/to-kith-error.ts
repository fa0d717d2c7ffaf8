/** Every error that reaches the edge becomes one of the table. Fastify's are told apart by their codes. */
import { KithError, type ProblemCode } from "@kith/contracts";

const CODE_BY_FASTIFY_CODE: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "body-too-large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported-media-type",
  FST_ERR_CTP_EMPTY_TYPE: "unsupported-media-type",
  FST_ERR_CTP_INVALID_TYPE: "unsupported-media-type",
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: "unsupported-media-type",
  FST_ERR_CTP_EMPTY_JSON_BODY: "malformed-json",
  FST_ERR_CTP_INVALID_JSON_BODY: "malformed-json",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid-request",
  FST_ERR_VALIDATION: "invalid-body",
  FST_ERR_BAD_URL: "invalid-request",
  FST_ERR_MAX_PARAM_LENGTH: "uri-too-long",
};

/** The error to answer with; anything unforeseen is `internal`, with the original as its cause. */
export function toKithError(error: unknown): KithError {
  if (error instanceof KithError) return error;
  if (error instanceof Error) {
    const { code, statusCode } = error as Error & { code?: unknown; statusCode?: unknown };
    const known = typeof code === "string" ? CODE_BY_FASTIFY_CODE[code] : undefined;
    if (known !== undefined) return new KithError(known, {}, { cause: error });
    // Fastify marks what the client did with a 4xx, a body that broke off in the middle among it.
    if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500) {
      return new KithError("invalid-request", {}, { cause: error });
    }
  }
  return new KithError("internal", {}, { cause: error });
}
