/** What the live schema is the state of, and how far. */
import type { Database } from "@kith/database";
import { CliError, EXIT } from "../exit-codes.ts";
import { rowsOf } from "../verify/rows-of.ts";
import { tableOf } from "./schemas.ts";

/** The generations there are: see the table `deployment`. */
const GENERATION_MAX = 8_191;

export type LiveDeployment = {
  readonly topicId: string;
  readonly generation: number;
};

export async function readDeployment(db: Database, schema: string): Promise<LiveDeployment> {
  const [row] = await rowsOf<{ topic_id: string | null; generation: number }>(
    db,
    `select topic_id, generation from ${tableOf(schema, "deployment")}`,
  );
  if (row?.topic_id == null) throw new CliError(EXIT.failed, `the schema ${schema} is not bound to a topic yet`);
  if (row.generation >= GENERATION_MAX) throw new CliError(EXIT.failed, "there is no generation left to raise");
  return { topicId: row.topic_id, generation: row.generation };
}

/** Where each partition goes on. */
export async function readOffsets(db: Database, schema: string, topicId: string): Promise<Map<number, number>> {
  const rows = await rowsOf<{ partition: number; next_offset: number }>(
    db,
    `select partition, next_offset from ${tableOf(schema, "consumer_offset")} where topic_id = $1 order by partition`,
    [topicId],
  );
  return new Map(rows.map((row) => [row.partition, row.next_offset]));
}

/** True if records of another topic were applied, one that had the name before: this one's log does not have them. */
export async function hasEarlierTopic(db: Database, schema: string, topicId: string): Promise<boolean> {
  const rows = await rowsOf<{ topic_id: string }>(
    db,
    `select topic_id from ${tableOf(schema, "consumer_offset")} where topic_id <> $1 and next_offset > 0 limit 1`,
    [topicId],
  );
  return rows.length > 0;
}
