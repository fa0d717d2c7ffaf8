/** The reconciler's environment. */
import { databaseEnv, httpEnv, kafkaEnv, logEnv } from "@kith/service-kit";
import { z } from "zod";

export const configSchema = z.object({
  ...databaseEnv,
  ...kafkaEnv,
  ...logEnv,
  ...httpEnv(3002),
  /** Events of one batch at the most. */
  BATCH_EVENTS_MAX: z.coerce.number().int().min(1).max(50_000).default(5_000),
  /** Bytes of one batch at the most; a larger record is a batch of its own. */
  BATCH_BYTES_MAX: z.coerce.number().int().min(1).default(8 * 1024 * 1024),
  /** `serial` lets one batch at a time write, of all reconcilers: a kill-switch. */
  WRITER_MODE: z.enum(["concurrent", "serial"]).default("concurrent"),
  GROUP_ID: z.string().min(1).max(200).default("kith-reconciler"),
});

export type Config = z.infer<typeof configSchema>;
