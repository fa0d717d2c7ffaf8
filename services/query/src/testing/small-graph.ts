/**
 * A small graph as the reconciler leaves it, written row by row. Identity 1 is George and has absorbed identity 8 by way
 * of 9, one of its contacts is superseded; identity 2 is one email and one phone; identity 3 has 300 identifiers.
 * Partition 0 was settled up to offset 10, with a dead letter at 4.
 */
import type { Database } from "@kith/database";
import { CompiledQuery } from "kysely";

/** What is answered of identity 1. */
export const GEORGE = {
  contact: {
    primaryContactId: 100,
    emails: ["george@hillvalley.edu", "biff@hillvalley.edu"],
    phoneNumbers: ["919191"],
    secondaryContactIds: [101, 102],
  },
  identity: { identityId: 1, version: 3, size: 3, truncated: false },
};

/** The id of the topic that was there before the present one. */
export const REPLACED_TOPIC_ID = uuid(77);

export async function insertSmallGraph(
  db: Database,
  { clusterId, topicId }: { readonly clusterId: string; readonly topicId: string },
): Promise<void> {
  await run(db, "update deployment set cluster_id = $1, topic_id = $2", [clusterId, topicId]);
  await run(db, "insert into consumer_offset values ($1, 0, 10), ($2, 0, 5)", [topicId, REPLACED_TOPIC_ID]);
  await insertIdentity(db, 1, 100, [
    [1, "george@hillvalley.edu"],
    [2, "919191"],
    [1, "biff@hillvalley.edu"],
  ]);
  await insertIdentity(db, 2, 200, [
    [1, "lorraine@hillvalley.edu"],
    [2, "+14155550100"],
  ]);
  await insertIdentity(
    db,
    3,
    1_000,
    Array.from({ length: 300 }, (_, i): [1 | 2, string] => (i % 2 === 0 ? [1, `big${i}@x.io`] : [2, `7000${i}`])),
  );
  await run(db, "insert into identity values (9, 1, $1, 4, now(), 0, 1, $1)", [uuid(102)]);
  await run(db, "insert into identity values (8, 9, $1, 2, now(), 0, 1, $1)", [uuid(101)]);
  await run(
    db,
    `insert into contact (id, obs_id, email, event_id, created_at, deleted_at) overriding system value
     values (150, $1, 'biff@hillvalley.edu', 'e', 150, now())`,
    [uuid(150)],
  );
  await run(
    db,
    "insert into dead_letter (topic_id, partition, \"offset\", code, reason, headers) values ($1, 0, 4, 'junk', 'email', '[]')",
    [topicId],
  );
}

/** An identity with these identifiers; each comes from a contact of its own, with the id and the age `base + index`. */
async function insertIdentity(
  db: Database,
  identityId: number,
  base: number,
  identifiers: [1 | 2, string][],
): Promise<void> {
  await run(db, "insert into identity values ($1, null, null, 3, now(), $2, $3, $4)", [
    identityId,
    identifiers.length,
    base,
    uuid(base),
  ]);
  for (const [index, [kind, value]] of identifiers.entries()) {
    const age = base + index;
    await run(db, "insert into identifier values ($1, $2, $3, $4, $5)", [kind, value, identityId, age, uuid(age)]);
    await run(
      db,
      `insert into contact (id, obs_id, email, phone, event_id, created_at) overriding system value values ($1, $2, $3, $4, 'e', $1)`,
      [age, uuid(age), kind === 1 ? value : null, kind === 2 ? value : null],
    );
  }
}

export function uuid(n: number): string {
  return `00000000-0000-8000-8000-${String(n).padStart(12, "0")}`;
}

/** Runs one statement. */
export async function run(db: Database, text: string, parameters: readonly unknown[] = []): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(text, [...parameters]));
}
