/** What KafkaJS logs, in our levels and without anything that could be personal data. */
import type { LogEntry as KafkaJsEntry } from "kafkajs";
import { kafkajs } from "./kafkajs.ts";

/** One line for the log. `details` holds names, numbers and the kind of an error, nothing of a record. */
export type LogEntry = {
  readonly level: "error" | "warn" | "info" | "debug";
  readonly message: string;
  readonly details: Record<string, unknown>;
};

export type Log = (level: LogEntry["level"], message: string, details?: Record<string, unknown>) => void;

const DETAILS = [
  "broker",
  "clientId",
  "groupId",
  "memberId",
  "topic",
  "topics",
  "partition",
  "partitions",
  "offset",
  "error",
  "retryCount",
  "retryTime",
  "correlationId",
  "size",
  "duration",
  "unknownPartitions",
] as const;

// Each error of these namespaces is also thrown, and either retried by KafkaJS or logged by us where it is settled.
// That a coordinator is still loading, which every fresh broker answers, is among them.
const SETTLED_ELSEWHERE = new Set(["Connection", "RequestQueue", "Producer", "Consumer"]);

export function createLog(onLog: ((entry: LogEntry) => void) | undefined): Log {
  if (onLog === undefined) return () => undefined;
  return (level, message, details = {}) => onLog({ level, message, details });
}

/** KafkaJS's `logCreator`. */
export function kafkaJsLogCreator(log: Log): () => (entry: KafkaJsEntry) => void {
  return () => (entry) => {
    const { message, ...rest } = entry.log;
    const details: Record<string, unknown> = { namespace: entry.namespace };
    for (const name of DETAILS) {
      const value = rest[name];
      if (value !== undefined) details[name] = value instanceof Error ? describeError(value) : value;
    }
    log(levelOf(entry), message, details);
  };
}

function levelOf({ namespace, level, log }: KafkaJsEntry): LogEntry["level"] {
  if (SETTLED_ELSEWHERE.has(namespace) || log.retryCount !== undefined) return "debug";
  if (level === kafkajs.logLevel.ERROR) return "warn";
  return level === kafkajs.logLevel.WARN ? "info" : "debug";
}

/** Name, code and Kafka's type of an error and its causes: enough to look it up, free of what was sent. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error && parts.length < 5; at = at.cause) {
    const { type, code } = at as { type?: unknown; code?: unknown };
    parts.push([at.name, type ?? code].filter((part) => part !== undefined).join(" "));
  }
  return parts.length > 0 ? parts.join(" < ") : typeof error;
}
