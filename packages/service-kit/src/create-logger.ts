/**
 * The log of a service: one JSON object a line on standard output. No email, phone, body, query string or secret may
 * reach it, so errors are written by {@link describeError}, which leaves out what carries values.
 */
import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";
import { describeError } from "./describe-error.ts";

/** The log of a service. Pass errors as `{ err }`: `logger.error({ err, batchSize }, "publish failed")`. */
export type Logger = PinoLogger;

/** `LOG_LEVEL`. */
export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** Properties that are never written, at the top of a log entry or one level below it. A net under the rule, not the rule. */
const SECRET_KEYS = [
  "email",
  "emails",
  "phone",
  "phoneNumber",
  "phoneNumbers",
  "body",
  "key",
  "value",
  "query",
  "headers",
  "authorization",
  "cookie",
  "password",
  "secret",
  "token",
  "apiKey",
  "sasl",
  "connectionString",
];

/** The log of one service; `destination` is for tests. */
export function createLogger(options: { service: string; level: LogLevel; destination?: DestinationStream }): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError, cause: describeError, url: withoutQuery },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: "[redacted]" },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** A URL as it may be logged: identifiers travel in query strings. */
export function withoutQuery(url: unknown): unknown {
  if (typeof url !== "string") return undefined;
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}
