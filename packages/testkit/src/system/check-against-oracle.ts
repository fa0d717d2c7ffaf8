/**
 * The verdict over a whole system at rest: what the log says, run through the oracle, against the database, the answers
 * of the query service and the published snapshots. Everything must be equal; nothing is compared by sampling.
 */
import { type ContactBody, type IdentityResolvedRecord, INLINE_MAX } from "@kith/contracts";
import { type OracleIdentity, oracle, oracleDigest } from "../oracle.ts";
import { brokenInvariants, databaseDigest, liveContacts } from "../read-state.ts";
import { ask } from "./ask.ts";
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

  const folded = foldResolved(resolved);
  faults.push(...folded.faults);
  const identities = await readIdentityRows(world);
  faults.push(...compareWithDatabase(folded.identities, identities));
  faults.push(...(await compareAnswers(world, expected, folded.identities)));

  return {
    faults: faults.slice(0, FAULTS_MAX),
    compared: {
      observations: observations.length,
      identities: expected.length,
      absorbed: identities.filter((row) => row.merged_into !== null).length,
      published: resolved.length,
      repeats: folded.repeats,
    },
    log,
    resolved,
  };
}

type IdentityState = { id: number; version: number; size: number; merged_into: number | null; merged_from: number[] };

function readIdentityRows({ db }: World): Promise<IdentityState[]> {
  return rowsOf<IdentityState>(
    db,
    `select id, version, size, merged_into,
       coalesce((select json_agg(m.id order by m.id) from identity m where m.merged_into = k.id), '[]') as merged_from
     from identity k order by id`,
  );
}

function compareWithDatabase(
  published: ReadonlyMap<number, IdentityResolvedRecord>,
  identities: readonly IdentityState[],
): string[] {
  const faults: string[] = [];
  if (published.size !== identities.length) faults.push(`${published.size} published, ${identities.length} exist`);
  for (const { id, version, size, merged_into, merged_from } of identities) {
    const record = published.get(id);
    if (record === undefined) faults.push(`identity ${id} was never published`);
    else if (record.version !== version) faults.push(`identity ${id}: published ${record.version}, is ${version}`);
    else if (record.status === "merged" && record.into !== merged_into) faults.push(`identity ${id}: other survivor`);
    else if ((record.status === "merged") !== (merged_into !== null)) faults.push(`identity ${id}: ${record.status}`);
    else if (record.status === "active" && record.size !== size) faults.push(`identity ${id}: other size`);
    else if (record.status === "active" && !isEqual(record.mergedFrom, merged_from))
      faults.push(`identity ${id}: mergedFrom`);
  }
  return faults;
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
    const wanted = expectedContact(identity, idOf);
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

function expectedContact({ identifiers, contacts }: OracleIdentity, idOf: ReadonlyMap<string, number>): ContactBody {
  const shown = identifiers.slice(0, INLINE_MAX);
  const ids = contacts.map(({ obsId }) => idOf.get(obsId) ?? 0);
  return {
    primaryContactId: ids[0] ?? 0,
    emails: shown.filter(({ kind }) => kind === 1).map(({ value }) => value),
    phoneNumbers: shown.filter(({ kind }) => kind === 2).map(({ value }) => value),
    secondaryContactIds: ids.slice(1, INLINE_MAX + 1),
  };
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
