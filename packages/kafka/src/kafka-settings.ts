/** How the brokers are reached, and who is told what the client has to say. */
import type { ConnectionOptions, TlsOptions } from "node:tls";
import type { LogEntry } from "./log-entry.ts";

/** How to reach the brokers. */
export type KafkaSettings = {
  /** `host:port` of one or more brokers. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: boolean | TlsOptions | ConnectionOptions;
  readonly sasl?: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly password: string;
  };
  /** Gets what the client has to say. Entries never carry keys, values or headers of records. */
  readonly onLog?: (entry: LogEntry) => void;
};
