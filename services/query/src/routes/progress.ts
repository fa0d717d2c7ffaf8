/** How far the log is settled and relayed. */
import { KithError } from "@kith/contracts";
import { type Database, readOffsets } from "@kith/database";
import { type KafkaClient, readLogBounds } from "@kith/kafka";
import type { FastifyInstance } from "fastify";
import type { Deployment } from "../lookup/deployment.ts";
import { countDeadLetters, readRelayAge } from "../sql/read-progress.ts";

export type ProgressRouteDependencies = {
  readonly db: Database;
  readonly kafka: KafkaClient;
  readonly topic: string;
  readonly deployment: () => Promise<Deployment | undefined>;
};

export function addProgressRoute(
  app: FastifyInstance,
  { db, kafka, topic, deployment }: ProgressRouteDependencies,
): void {
  app.get("/v1/progress", async () => {
    const current = await deployment();
    const offsets = current === undefined ? [] : await readOffsets(db, current.topicId);
    const next = new Map(offsets.map((row) => [row.partition, row.next_offset]));
    const [relay] = await readRelayAge(db, null);
    const deadLetters = Object.fromEntries((await countDeadLetters(db, null)).map((row) => [row.code, row.count]));
    // Read last, so that an offset is never beyond the end that is shown beside it.
    const bounds = await logBounds();
    const partitions = [...bounds]
      .sort(([a], [b]) => a - b)
      .map(([partition, { start, end }]) => {
        const nextOffset = next.get(partition) ?? start;
        return { partition, nextOffset, logEnd: end, lag: Math.max(0, end - nextOffset) };
      });
    const lag = partitions.reduce((sum, partition) => sum + partition.lag, 0);
    return { topic, partitions, lag, relayAgeMs: Math.max(0, relay?.age_ms ?? 0), deadLetters };
  });

  async function logBounds() {
    try {
      return await readLogBounds(kafka, topic);
    } catch (error) {
      throw new KithError("log-unavailable", {}, { cause: error });
    }
  }
}
