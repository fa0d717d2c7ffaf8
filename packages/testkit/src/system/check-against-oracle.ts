/**
 * The verdict over a whole system at rest: what the log says, run through the oracle, against the database, the answers
 * of the query service and the published snapshots. Everything must be equal; nothing is compared by sampling.
 */
import {
  checkResolved,
  collectRecords,
  dropRecordTables,
  inSnapshot,
  type PlacedRecord as PublishedRecord,
  type ResolvedReport,
} from "@kith/cli/verify";
import { type ContactBody, type IdentityResolvedRecord, TOPIC_PARTITIONS } from "@kith/contracts";
import { type OracleIdentity, oracle, oracleDigest } from "../oracle.ts";
import { brokenInvariants, databaseDigest, liveContacts } from "../read-state.ts";
import { ask } from "./ask.ts";
import { expectedContact, isEqual } from "./expected-contact.ts";
import { foldResolved } from "./fold-resolved.ts";
import { inParallel } from "./load.ts";
import { type PlacedRecord, readTopic, toObservation } from "./read-log.ts";
import { rowsOf } from "./rows-of.ts";
import type { World } from "./use-system.ts";

/** What differs, in words; all lists and counts of a healthy system are empty. */
export type Verdict = {
  readonly faults: readonly string[];
  /** How much was compared: a check that compared nothing proves nothing. */
  readonly compared: { observations: number; identities: number; absorbed: number; published: number; repeats: number };
  /** The records of `order.identity`, for further checks. */
  readonly log: readonly PlacedRecord[];
  /** The records of `identity.resolved`. */
  readonly resolved: readonly PlacedRecord[];
};

const FAULTS_MAX = 20;

/** Waits until all is settled and relayed, then compares. `isGood` leaves out records that became dead letters. */
export async function checkAgainstOracle(
  world: World,
  isGood: (record: PlacedRecord) => boolean = () => true,
): Promise<Verdict> {
  const { system, db, kafka, topics } = world;
  await system.untilSettled();
  const log = await readTopic(kafka, topics.names.orderIdentity);
  const resolved = await readTopic(kafka, topics.names.identityResolved);
  const observations = log.filter(isGood).map(toObservation);
  const expected = oracle(observations);
  const faults: string[] = [];

  if ((await databaseDigest(db)) !== oracleDigest(expected)) faults.push("the database is not what the oracle says");
  const contacts = expected.flatMap((identity) => identity.contacts.map(({ obsId }) => obsId));
  if (!isEqual(await liveContacts(db), contacts.sort())) faults.push("other contacts live");
  for (const [name, count] of Object.entries(await brokenInvariants(db))) faults.push(`${name}: ${count}`);

  const published = await checkPublished(world, resolved);
  for (const { rule, about, wrong } of published.findings) if (wrong > 0) faults.push(`${rule} ${about}: ${wrong}`);
  if (published.pending > 0) faults.push(`${published.pending} identities are not published yet`);
  faults.push(...(await compareAnswers(world, expected, foldResolved(resolved).identities)));
  const [row] = await rowsOf<{ absorbed: number }>(
    db,
    "select count(*) as absorbed from identity where merged_into is not null",
  );

  return {
    faults: faults.slice(0, FAULTS_MAX),
    compared: {
      observations: observations.length,
      identities: expected.length,
      absorbed: row?.absorbed ?? 0,
      published: resolved.length,
      repeats: published.repeats,
    },
    log,
    resolved,
  };
}

/** The output checker of `kith verify --resolved`, over records that were read before. */
function checkPublished({ db }: World, records: readonly PublishedRecord[]): Promise<ResolvedReport> {
  return db.connection().execute(async (session) => {
    try {
      const collected = await collectRecords(session, {
        read: (onRecords) => onRecords(records),
        partitions: TOPIC_PARTITIONS,
        onRecords: () => undefined,
      });
      return await inSnapshot(session, () => checkResolved(session, collected, () => undefined));
    } finally {
      await dropRecordTables(session);
    }
  });
}

/** Every living identity as the query service answers it: equal to the oracle's, and to the last record. */
async function compareAnswers(
  { db, system }: World,
  expected: readonly OracleIdentity[],
  published: ReadonlyMap<number, IdentityResolvedRecord>,
): Promise<string[]> {
  const contacts = await rowsOf<{ id: number; obs_id: string }>(db, "select id, obs_id from contact");
  const idOf = new Map(contacts.map((row) => [row.obs_id, row.id]));
  const faults: string[] = [];
  await inParallel(expected, 16, async (identity) => {
    const ids = identity.contacts.map(({ obsId }) => idOf.get(obsId) ?? 0);
    const wanted = expectedContact(identity.identifiers, ids);
    const { status, body } = await ask<{ contact: ContactBody; identity: { identityId: number; version: number } }>(
      `${system.queryUrl}/v1/contacts/${wanted.primaryContactId}`,
    );
    if (status !== 200) {
      faults.push(`contact ${wanted.primaryContactId}: ${status}`);
      return;
    }
    const { identityId, version } = body.identity;
    if (!isEqual(body.contact, wanted)) faults.push(`contact ${wanted.primaryContactId}: another answer than expected`);
    const record = published.get(identityId);
    const isSame = record?.status === "active" && record.version === version && isEqual(record.contact, body.contact);
    if (!isSame) faults.push(`identity ${identityId}: the answer is not what was published`);
  });
  return faults;
}
