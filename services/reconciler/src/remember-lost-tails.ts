/**
 * The log of a partition ends before what was read of it. Its row is marked, so that nobody goes on there once the log
 * has grown past the offset again, and so are the rows of all other partitions that lost their tails: they grow as well
 * while an operator sees to this one.
 */
import { type Database, readOffsets } from "@kith/database";
import { type KafkaClient, readLogBounds } from "@kith/kafka";
import { markLostTail } from "./reconcile/sql/mark-lost-tail.ts";

export type LostTail = { readonly partition: number; readonly position: number; readonly logEnd: number };

export async function rememberLostTails(
  { kafka, db, topic, topicId }: { kafka: KafkaClient; db: Database; topic: string; topicId: string },
  { partition, position, logEnd }: LostTail,
): Promise<void> {
  await markLostTail(db, { topicId, partition, position, logEnd });
  // In this order: ends that were read first would soon lie before the offsets of partitions that others go on with.
  const rows = await readOffsets(db, topicId);
  const bounds = await readLogBounds(kafka, topic);
  for (const row of rows) {
    const end = bounds.get(row.partition)?.end;
    if (end === undefined || row.next_offset <= end) continue;
    await markLostTail(db, { topicId, partition: row.partition, position: row.next_offset, logEnd: end });
  }
}
