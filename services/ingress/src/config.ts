/** The ingress's environment, and the limits that are not worth a variable. */
import {
  canonicalEnv,
  httpEnv,
  integerEnv,
  kafkaEnv,
  keyQuotaEnv,
  logEnv,
  portEnv,
  receiptEnv,
  topicEnv,
  urlEnv,
} from "@kith/service-kit";
import { z } from "zod";

export const configSchema = z.object({
  ...kafkaEnv,
  ...topicEnv,
  ...receiptEnv,
  ...logEnv,
  ...httpEnv,
  ...canonicalEnv,
  ...keyQuotaEnv,
  PORT: portEnv(3000),
  QUERY_URL: urlEnv().default("http://127.0.0.1:3001").describe("the base URL of the query service"),
  QUERY_API_KEY: z
    .string()
    .regex(/^[!-~]{1,512}$/)
    .optional()
    .describe("an API key of the query service with scope read"),
  PUBLIC_QUERY_URL: urlEnv().optional().describe("the base URL of the query service as clients reach it"),
  IDENTIFY_WAIT_MS: integerEnv(0, 30_000).default(10_000).describe("milliseconds, 0 to 30000"),
});

export type Config = z.infer<typeof configSchema>;

export const LIMITS = {
  orderBodyBytesMax: 16_384,
  batchBodyBytesMax: 2_097_152,
  batchItemsMax: 1_000,
  /** A `Prefer: wait` above it is clamped. */
  waitMsMax: 30_000,

  /** Records that wait for a produce or are in one. At 10,000 orders a second two seconds' worth. */
  publishRecordsMax: 20_000,
  /** A produce after one of several records waits so long for more. */
  produceLingerMs: 3,
  publishBytesMax: 32 * 1024 * 1024,
  /** One produce stays below Kafka's default `message.max.bytes` even if all its records go to one partition. */
  produceRecordsMax: 2_000,
  produceBytesMax: 900_000,
  /** An order waits so long for its produce to begin, and a produce so long for its ack. */
  publishQueueMs: 8_000,
  publishDeadlineMs: 8_000,

  lookupItemsMax: 20_000,
  lookupConnectionsMax: 64,
  /** While the process closes: identify answers that still wait become 202 after this, ... */
  lookupDrainMs: 3_000,
  /** ... and orders whose ack does not come become 503. Both leave room within the ten seconds a close may take. */
  publishDrainMs: 2_000,
} as const;
