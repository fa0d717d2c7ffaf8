/** The query service's environment. */
import {
  canonicalEnv,
  databaseEnv,
  httpEnv,
  integerEnv,
  kafkaEnv,
  keyQuotaEnv,
  logEnv,
  portEnv,
  receiptEnv,
  topicEnv,
} from "@kith/service-kit";
import { z } from "zod";

export const configSchema = z.object({
  ...databaseEnv,
  ...kafkaEnv,
  ...topicEnv,
  ...receiptEnv,
  ...logEnv,
  ...httpEnv,
  ...canonicalEnv,
  ...keyQuotaEnv,
  PORT: portEnv(3001),
  DATABASE_POOL_MAX: integerEnv(2, 100).default(6).describe("connections to Postgres, 2 to 100"),
});

export type Config = z.infer<typeof configSchema>;
