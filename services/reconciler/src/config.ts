/** The reconciler's environment. */
import { databaseEnv, httpEnv, integerEnv, kafkaEnv, logEnv, portEnv, topicEnv } from "@kith/service-kit";
import { z } from "zod";

export const configSchema = z.object({
  ...databaseEnv,
  ...kafkaEnv,
  ...topicEnv,
  ...logEnv,
  ...httpEnv,
  PORT: portEnv(3002),
  BATCH_EVENTS_MAX: integerEnv(1, 50_000).default(5_000).describe("events of one batch at the most, 1 to 50000"),
  BATCH_BYTES_MAX: integerEnv(1, 1024 ** 3)
    .default(8 * 1024 ** 2)
    .describe("bytes of one batch at the most; a larger record is a batch of its own"),
  WRITER_MODE: z
    .enum(["concurrent", "serial"])
    .default("concurrent")
    .describe("concurrent, or serial to let one batch of all reconcilers write at a time"),
  GROUP_ID: z.string().min(1).max(200).default("kith-reconciler").describe("the name of the consumer group"),
});

export type Config = z.infer<typeof configSchema>;
