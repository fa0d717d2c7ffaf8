/** Where the log of each partition starts and ends. */
import { internalsOf, type KafkaClient } from "./kafka-client.ts";

/** `start` is the oldest offset still kept, `end` the one the next committed record will get. */
export type LogBounds = { readonly start: number; readonly end: number };

/** The bounds of every partition of a topic. Open transactions end the log for readers, so `end` stops before them. */
export async function readLogBounds(client: KafkaClient, topic: string): Promise<Map<number, LogBounds>> {
  const offsets = await internalsOf(client).admin.ask((admin) => admin.fetchTopicOffsets(topic));
  offsets.sort((a, b) => a.partition - b.partition);
  return new Map(offsets.map(({ partition, low, high }) => [partition, { start: Number(low), end: Number(high) }]));
}
