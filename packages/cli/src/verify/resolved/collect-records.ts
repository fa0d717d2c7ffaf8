/** The topic, read once: its records go to the session's tables, and what can be said of each alone is said here. */
import type { Database } from "@kith/database";
import { partitionOf } from "@kith/kafka";
import { type Finding, noteWrong, openFinding } from "../finding.ts";
import { rowsOf } from "../rows-of.ts";
import { decodeRecord, type ResolvedRecord } from "./decode-record.ts";
import { findMixedRecords } from "./find-mixed-records.ts";
import type { PlacedRecord, ReadRecords } from "./read-topic.ts";
import { foldRecords, insertRecords, makeRecordTables } from "./record-tables.ts";

/** The topic as it was read. The records are in the tables of record-tables.ts. */
export type CollectedRecords = {
  readonly records: number;
  /** What the relay had published before the topic was read. */
  readonly cursor: string;
  readonly findings: readonly Finding[];
};

export type CollectInput = {
  readonly read: ReadRecords;
  /** How many partitions the topic has: a key belongs to one of them. Undefined where that is not to be checked. */
  readonly partitions: number | undefined;
  readonly onRecords: (count: number) => void;
};

/** Before the snapshot, so that what was published is in the snapshot. */
export async function collectRecords(session: Database, input: CollectInput): Promise<CollectedRecords> {
  const [relay] = await rowsOf<{ cursor: string }>(session, "select cursor::text as cursor from relay");
  if (relay === undefined) throw new Error("the schema is not migrated: run `kith migrate`");
  await makeRecordTables(session);
  const mixed = openFinding("R5", "no record mixes two identities");
  const foreign = openFinding("R7", "every record is one of Kith's, under its key");
  let records = 0;
  await input.read(async (chunk) => {
    const decoded: ResolvedRecord[] = [];
    for (const placed of chunk) {
      const record = decodeRecord(placed);
      if (record !== undefined && isInItsPartition(placed, input.partitions)) decoded.push(record);
      else noteWrong(foreign, 1, `record ${placed.partition}/${placed.offset}`);
    }
    await insertRecords(session, decoded);
    for (const { identityId } of await findMixedRecords(session, decoded))
      noteWrong(mixed, 1, `identity ${identityId}`);
    records += chunk.length;
    input.onRecords(records);
  });
  await foldRecords(session);
  return { records, cursor: relay.cursor, findings: [mixed, foreign] };
}

function isInItsPartition({ partition, key }: PlacedRecord, partitions: number | undefined): boolean {
  return partitions === undefined || partition === partitionOf(key, partitions);
}
