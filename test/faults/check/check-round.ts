/**
 * The verdict over a deployment at rest: the log through the oracle, against the database, what was published, the dead
 * letters, the answers of the query service, and what clients were told. Everything must be equal.
 */
import { type ContactBody, INLINE_MAX } from "@kith/contracts";
import { brokenInvariants, databaseDigest } from "@kith/testkit";
import { ask, expectedContact, inParallel, isEqual, rowsOf } from "@kith/testkit/system";
import type { DirectLoad } from "../load/direct-load.ts";
import type { Ledger } from "../load/ledger.ts";
import type { Deployment } from "../rig/deployment.ts";
import { PATIENCE_MS } from "../rig/patience.ts";
import { DIGEST_SQL, type OracleIdentifier } from "./growing-oracle.ts";
import type { Watch } from "./watch.ts";

export type RoundSubject = {
  readonly deployment: Deployment;
  readonly watch: Watch;
  readonly ledger: Ledger;
  readonly direct: DirectLoad;
  /** Identities that a restored backup forgot: published, and in no database any more. */
  readonly mayHaveGhosts: boolean;
  readonly random: () => number;
};

/** What differs, in words, the first violation first; and how much was compared. */
export type Verdict = {
  readonly violations: readonly string[];
  readonly compared: { identities: number; published: number; letters: number; answers: number; ghosts: number };
};

type IdentityRow = { id: number; version: number; size: number; merged_into: number | null; merged_from: number[] };

const VIOLATIONS_MAX = 40;
const ANSWERS = 150;
/** Larger values may be kept cut, with a digest. */
const RAW_COMPARED_MAX = 64 * 1024;

export async function checkRound(subject: RoundSubject): Promise<Verdict> {
  const { deployment, watch, ledger, direct } = subject;
  const { db } = deployment;
  const violations: string[] = [];
  await ledger.flush();
  violations.push(...ledger.faults(), ...direct.faults(), ...watch.input.faults());
  for (const [name, count] of Object.entries(await brokenInvariants(db))) violations.push(`${name}: ${count}`);
  const digests = [
    ["D1: the graph", await databaseDigest(db), watch.oracle.digest()],
    ["D1: the live contacts", await digestBy(deployment, DIGEST_SQL.contacts), watch.oracle.contactsDigest()],
    ["I10: the links", await digestBy(deployment, DIGEST_SQL.links), watch.oracle.linksDigest()],
  ];
  for (const [name, found, expected] of digests)
    if (found !== expected) violations.push(`${name} is not what the oracle says`);
  const hanging = await rowsOf<{ pid: number }>(
    db,
    `select pid from pg_stat_activity where application_name like 'kith-re%' and xact_start < now() - interval '60 s'`,
  );
  if (hanging.length > 0) violations.push(`I9: ${hanging.length} transactions are older than 60 s`);
  violations.push(...(await compareLetters(subject)));
  const rows = await readIdentityRows(deployment);
  const output = compareOutput(subject, rows);
  violations.push(...output.faults);
  const answers = await compareAnswers(subject, rows);
  violations.push(...answers.faults);
  return {
    violations: violations.slice(0, VIOLATIONS_MAX),
    compared: {
      identities: rows.length,
      published: watch.output.counts().records,
      letters: watch.input.letters().size,
      answers: answers.compared,
      ghosts: output.ghosts,
    },
  };
}

async function digestBy({ db }: Deployment, text: string): Promise<string> {
  const [row] = await rowsOf<{ digest: string }>(db, text);
  return row!.digest;
}

/** The set of dead letters is exactly what the log makes it, in the table and in the topic. */
async function compareLetters({ deployment, watch }: RoundSubject): Promise<string[]> {
  const faults: string[] = [];
  const rows = await rowsOf<{ place: string; code: string; raw: string; bytes: number }>(
    deployment.db,
    `select partition || ':' || "offset" as place, code, coalesce(md5(raw), 'null') as raw, coalesce(length(raw), 0) as bytes
     from dead_letter`,
  );
  const found = new Map(rows.map((row) => [row.place, row]));
  for (const [place, { code, valueDigest }] of watch.input.letters()) {
    const row = found.get(place);
    if (row === undefined) faults.push(`${place} should be a dead letter (${code})`);
    else if (row.code !== code) faults.push(`${place} is a dead letter for ${row.code}, not ${code}`);
    else if (row.bytes < RAW_COMPARED_MAX && row.raw !== valueDigest)
      faults.push(`${place} was kept with another value`);
    const copy = watch.letters.letters().get(place);
    if (copy !== code) faults.push(`${place} is ${copy ?? "not"} in the dead-letter topic`);
  }
  for (const { place, code } of rows)
    if (!watch.input.letters().has(place)) faults.push(`${place} is a dead letter (${code}) and should not be`);
  for (const place of watch.letters.letters().keys())
    if (!watch.input.letters().has(place)) faults.push(`${place} is in the dead-letter topic and should not be`);
  return faults;
}

function readIdentityRows({ db }: Deployment): Promise<IdentityRow[]> {
  return rowsOf<IdentityRow>(
    db,
    `select k.id, k.version, k.size, k.merged_into, coalesce(m.ids, '[]'::json) as merged_from
     from identity k left join (select merged_into, json_agg(id order by id) as ids from identity
       where merged_into is not null group by merged_into) m on m.merged_into = k.id`,
  );
}

/** The last record of each identity is what the database says, and every redirect ends at a living identity. */
function compareOutput({ watch, mayHaveGhosts }: RoundSubject, rows: readonly IdentityRow[]) {
  const published = watch.output.identities();
  const last = watch.output.lastVersions();
  const faults = [...watch.output.faults()];
  const exists = new Set<number>();
  for (const { id, version, size, merged_into, merged_from } of rows) {
    exists.add(id);
    const record = published.get(id);
    if (record === undefined) faults.push(`identity ${id} was never published`);
    else if (record.version !== version)
      faults.push(`identity ${id} was published as ${record.version} and is ${version}`);
    else if (last.get(id) !== version)
      faults.push(`identity ${id}: ${last.get(id)} stands after ${version} in the topic`);
    else if ((record.status === "merged") !== (merged_into !== null)) faults.push(`identity ${id} is ${record.status}`);
    else if (record.status === "merged" && record.into !== merged_into) faults.push(`identity ${id}: another survivor`);
    else if (record.status === "active" && record.size !== size) faults.push(`identity ${id}: another size`);
    else if (record.status === "active" && !isEqual(record.mergedFrom, merged_from.slice(0, INLINE_MAX)))
      faults.push(`identity ${id}: mergedFrom`);
  }
  const ghosts = [...published.keys()].filter((id) => !exists.has(id)).length;
  if (ghosts > 0 && !mayHaveGhosts) faults.push(`${ghosts} identities were published and do not exist`);
  return { faults, ghosts };
}

/** Some identities, drawn anew each round: the published contact and the answer are what the oracle says. */
async function compareAnswers({ deployment, watch, random }: RoundSubject, rows: readonly IdentityRow[]) {
  const faults: string[] = [];
  const contacts = await rowsOf<{ id: number; obs_id: string }>(deployment.db, "select id, obs_id from contact");
  const idOf = new Map(contacts.map((row) => [row.obs_id, row.id]));
  const primaryOf = new Map<number, number>();
  const alive = new Set(rows.filter((row) => row.merged_into === null).map((row) => row.id));
  for (const [id, record] of watch.output.identities())
    if (record.status === "active" && alive.has(id)) primaryOf.set(record.contact.primaryContactId, id);
  const all = watch.oracle.identities();
  const isMixed = all.length !== alive.size;
  if (isMixed) faults.push(`${alive.size} identities live, ${all.length} should`);
  for (const identity of all) {
    const wanted = wantedOf(identity, idOf);
    const id = primaryOf.get(wanted.primaryContactId);
    const record = id === undefined ? undefined : watch.output.identities().get(id);
    if (record?.status !== "active" || !isEqual(record.contact, wanted))
      faults.push(`the contact ${wanted.primaryContactId} was published otherwise than the oracle says`);
    if (faults.length > VIOLATIONS_MAX) break;
  }
  const drawn = Array.from({ length: Math.min(ANSWERS, all.length) }, () => all[Math.floor(random() * all.length)]!);
  await inParallel(drawn, 8, async (identity) => {
    const wanted = wantedOf(identity, idOf);
    const { status, body } = await ask<{ contact: ContactBody }>(
      `${deployment.query.url}/v1/contacts/${wanted.primaryContactId}`,
      { limitMs: PATIENCE_MS },
    );
    if (status !== 200 || !isEqual(body.contact, wanted))
      faults.push(`the contact ${wanted.primaryContactId} is answered otherwise than the oracle says (${status})`);
  });
  return { faults, compared: drawn.length };
}

function wantedOf(identity: readonly OracleIdentifier[], idOf: ReadonlyMap<string, number>): ContactBody {
  const contacts = [...new Set(identity.map(({ obs }) => obs))];
  return expectedContact(
    identity,
    contacts.map((obs) => idOf.get(obs) ?? 0),
  );
}
