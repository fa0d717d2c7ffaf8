/**
 * Outbox → `identity.resolved`. One leader among all reconcilers; the others wait for its session to end. The cursor moves after the acknowledgements, so a crash repeats records and loses none; repeats
 * carry the same version, which consumers drop.
 */
import type { TopicNames } from "@kith/contracts";
import {
  type Database,
  type IdentityRow,
  readIdentities,
  readMergedFrom,
  sendTogether,
  shapeIdentity,
} from "@kith/database";
import type { Publisher } from "@kith/kafka";
import { buildIdentityRecord } from "./build-identity-record.ts";
import type { RecentIdentities } from "./recent-identities.ts";
import { beginWindow, type ChangedRow, END_WINDOW, fetchWindow, READ_SNAPSHOT } from "./sql/begin-window.ts";
import { advanceCursor, noteWindow, settleDoubt } from "./sql/relay-term.ts";

export type RelayDependencies = {
  /** Beside the leader's session, whose transaction may be open for as long as a window is published. */
  readonly db: Database;
  readonly publisher: Publisher;
  readonly topics: TopicNames;
  readonly partitions: number;
  /** `ce_source` of the records. */
  readonly source: string;
  /** What this process created, which need not be read. */
  readonly recent: RecentIdentities;
  /** Identities read and published at a time. */
  readonly pageMax: number;
};

/** Identities are published within this time after they were asked for, or not at all. */
const FRESH_MS = 10_000;
/** The publisher's deadline: what it has not brought to the broker by then it never will. */
export const PUBLISH_MS = 10_000;
/**
 * From the first round of a new leader on, so long: what a leader before had read is published by then, or never; and a
 * broker that answers has gone through what had been waiting in its sockets.
 */
export const DOUBT_MS = FRESH_MS + PUBLISH_MS + 5_000;

/** The state of one leader's term. */
export type Term = {
  readonly term: number;
  cursor: string;
  /** What a leader before may still be publishing: changes between these snapshots. */
  readonly doubt: { readonly since: string; readonly until: string } | undefined;
};

/** Another leader has taken over; this one must not publish any more. */
export class TermLost extends Error {
  constructor() {
    super("another relay has taken over");
    this.name = "TermLost";
  }
}

/** Publishes what has been committed since the cursor. Answers how many records; `session` must be the leader's own. */
export async function relayOutbox(session: Database, term: Term, dependencies: RelayDependencies): Promise<number> {
  // Noted while the identities are read, and before any of them is published.
  const note = (end: string) => noteWindow(dependencies.db, { term: term.term, end });
  dependencies.recent.beginRound();
  const { published, end } = await publishWindow(session, { since: term.cursor, note }, dependencies);
  if (published === 0) return 0;
  if ((await advanceCursor(session, { term: term.term, cursor: end })).length === 0) throw new TermLost();
  term.cursor = end;
  return published;
}

/**
 * Publishes again, as they are now, the identities that a leader before may have published in an older state after this
 * term had begun. To be called once that leader can not publish any more ({@link DOUBT_MS}).
 */
export async function republishDoubtful(
  session: Database,
  term: Term,
  dependencies: RelayDependencies,
): Promise<number> {
  if (term.doubt === undefined) return 0;
  const { published } = await publishWindow(session, term.doubt, dependencies);
  if ((await settleDoubt(session, term.term)).length === 0) throw new TermLost();
  return published;
}

type Window = {
  readonly since: string;
  readonly until?: string;
  /** Notes where the window ends; no row back: the term is over. */
  readonly note?: (end: string) => Promise<readonly unknown[]>;
};

async function publishWindow(session: Database, window: Window, dependencies: RelayDependencies) {
  const { pageMax, recent } = dependencies;
  let published = 0;
  let isOpen = true;
  try {
    const opening = [beginWindow(window.since, window.until), READ_SNAPSHOT, fetchWindow(pageMax)] as const;
    const [, [snapshot], first] = await sendTogether<[unknown, { snapshot: string }, ChangedRow]>(session, opening);
    const end = snapshot!.snapshot;
    const noted = first.length === 0 ? undefined : window.note?.(end);
    noted?.catch(() => undefined); // The reading may fail first.
    for (let page = first; page.length > 0; ) {
      // In a window that ends before now an identity may be further than the window says.
      const known = window.until === undefined ? page.map((row) => recent.take(row.identity_id, row.version)) : [];
      const ids = page.filter((_, index) => known[index] === undefined).map((row) => row.identity_id);
      isOpen = page.length === pageMax;
      // The last page's identities are the last that is read in the window.
      const next = isOpen ? fetchWindow(pageMax) : (END_WINDOW as ReturnType<typeof fetchWindow>);
      const askedAtMs = performance.now();
      const [rows, merged, following] = await sendTogether(session, [
        readIdentities.query(ids),
        readMergedFrom.query(ids),
        next,
      ]);
      if ((await noted)?.length === 0) throw new TermLost();
      // A process that was stopped for a while must not wake up and publish what it had read.
      if (performance.now() - askedAtMs > FRESH_MS) throw new Error("the identities are too old to be published");
      const held = known.filter((row) => row !== undefined);
      published += await publishPage([...held, ...rows], merged, dependencies);
      page = isOpen ? following : [];
    }
    return { published, end };
  } finally {
    // Where the session is gone, so is its transaction.
    if (isOpen) await session.executeQuery(END_WINDOW).catch(() => undefined);
  }
}

async function publishPage(
  rows: readonly IdentityRow[],
  merged: readonly { survivor: number; id: number }[],
  dependencies: RelayDependencies,
): Promise<number> {
  const mergedFrom = new Map<number, number[]>();
  for (const { survivor, id } of merged) {
    const held = mergedFrom.get(survivor);
    if (held === undefined) mergedFrom.set(survivor, [id]);
    else held.push(id);
  }
  const records = rows.map((row) =>
    buildIdentityRecord(shapeIdentity(row), mergedFrom.get(row.identity_id) ?? [], dependencies),
  );
  await dependencies.publisher.publish(dependencies.topics.identityResolved, records);
  return records.length;
}
