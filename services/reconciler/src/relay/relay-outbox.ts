/**
 * Outbox → `identity.resolved`, and dead letters → their topic. One leader among all reconcilers; the others wait for
 * its session to end. The cursor moves after the acknowledgements, so a crash repeats records and loses none; repeats
 * carry the same version, which consumers drop.
 */
import type { TopicNames } from "@kith/contracts";
import { type Database, readIdentities, readMergedFrom, shapeIdentities } from "@kith/database";
import type { Publisher } from "@kith/kafka";
import { CompiledQuery } from "kysely";
import { buildDeadLetterRecord } from "./build-dead-letter-record.ts";
import { buildIdentityRecord } from "./build-identity-record.ts";
import { beginWindow, fetchWindow, readSnapshot } from "./sql/begin-window.ts";
import { markDeadLettersPublished, readUnpublishedDeadLetters } from "./sql/dead-letters.ts";
import { advanceCursor } from "./sql/relay-term.ts";

export type RelayDependencies = {
  readonly publisher: Publisher;
  readonly topics: TopicNames;
  readonly partitions: number;
  /** `ce_source` of the records. */
  readonly source: string;
  /** Identities read and published at a time. */
  readonly pageMax: number;
};

/** The state of one leader's term. */
export type Term = { readonly term: number; cursor: string };

/** Another leader has taken over; this one must not publish any more. */
export class TermLost extends Error {
  constructor() {
    super("another relay has taken over");
    this.name = "TermLost";
  }
}

/** Publishes what has been committed since the cursor. Answers how many records; `db` must be the leader's one session. */
export async function relayOutbox(db: Database, term: Term, dependencies: RelayDependencies): Promise<number> {
  const { published, end } = await publishWindow(db, term.cursor, dependencies);
  if (published > 0) {
    if ((await advanceCursor(db, { term: term.term, cursor: end })).length === 0) throw new TermLost();
    term.cursor = end;
  }
  return published + (await relayDeadLetters(db, dependencies));
}

async function publishWindow(db: Database, cursor: string, dependencies: RelayDependencies) {
  await beginWindow(db, cursor);
  try {
    const end = await readSnapshot(db);
    let published = 0;
    for (let page: number[] | undefined; page === undefined || page.length === dependencies.pageMax; ) {
      page = await fetchWindow(db, dependencies.pageMax);
      if (page.length > 0) published += await publishPage(db, page, dependencies);
    }
    return { published, end };
  } finally {
    // Nothing was written. Where the session is gone, so is its transaction.
    await db.executeQuery(CompiledQuery.raw("rollback")).catch(() => undefined);
  }
}

async function publishPage(db: Database, ids: readonly number[], dependencies: RelayDependencies): Promise<number> {
  const snapshots = shapeIdentities(await readIdentities(db, ids));
  const mergedFrom = new Map<number, number[]>();
  for (const { survivor, id } of await readMergedFrom(db, ids)) {
    const held = mergedFrom.get(survivor);
    if (held === undefined) mergedFrom.set(survivor, [id]);
    else held.push(id);
  }
  const records = snapshots.map((snapshot) =>
    buildIdentityRecord(snapshot, mergedFrom.get(snapshot.identityId) ?? [], dependencies),
  );
  await dependencies.publisher.publish(dependencies.topics.identityResolved, records);
  return records.length;
}

async function relayDeadLetters(db: Database, dependencies: RelayDependencies): Promise<number> {
  const rows = await readUnpublishedDeadLetters(db, DEAD_LETTERS_AT_A_TIME);
  if (rows.length === 0) return 0;
  const to = { topic: dependencies.topics.orderIdentity, partitions: dependencies.partitions };
  await dependencies.publisher.publish(
    dependencies.topics.deadLetter,
    rows.map((row) => buildDeadLetterRecord(row, to)),
  );
  await markDeadLettersPublished(db, rows);
  return rows.length;
}

// Dead letters may be as large as a record may be, so few are held at a time.
const DEAD_LETTERS_AT_A_TIME = 50;
