/** The reconciler's environment. */
import { databaseEnv, httpEnv, integerEnv, kafkaEnv, logEnv, portEnv, topicEnv } from "@kith/service-kit";
import { z } from "zod";

/** What settling the log needs, with or without a service around it. */
export const settlingSchema = z.object({
  ...databaseEnv,
  ...kafkaEnv,
  ...topicEnv,
  ...logEnv,
  BATCH_EVENTS_MAX: integerEnv(1, 50_000).default(5_000).describe("events of one batch at the most, 1 to 50000"),
  BATCH_BYTES_MAX: integerEnv(1, 1024 ** 3)
    .default(8 * 1024 ** 2)
    .describe("bytes of one batch at the most; a larger record is a batch of its own"),
  WRITER_MODE: z
    .enum(["concurrent", "serial"])
    .default("concurrent")
    .describe("concurrent, or serial to let one batch of all reconcilers write at a time"),
  GROUP_ID: z.string().min(1).max(200).optional().describe("the name of the consumer group"),
});

export const configSchema = settlingSchema.extend({ ...httpEnv, PORT: portEnv(3002) });

export type SettlingConfig = z.infer<typeof settlingSchema>;
export type Config = z.infer<typeof configSchema>;

const GROUP_ID_DEFAULT = "kith-reconciler";

/**
 * The consumer group. Two deployments that share a Kafka must not share one: Kafka would give the partitions of one's
 * topic to the other's members, so by default the group has the deployment's prefix as its topics have.
 */
export function groupIdOf(config: Pick<SettlingConfig, "GROUP_ID" | "TOPIC_PREFIX">): string {
  return config.GROUP_ID ?? config.TOPIC_PREFIX + GROUP_ID_DEFAULT;
}
