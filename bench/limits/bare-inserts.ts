/**
 * The limit of a drain: the rows it wrote, written again by bare `unnest` inserts. Same PostgreSQL, same tables and
 * indexes, as many transactions, one connection; nothing is read, nothing decided.
 */
import { createDatabase, type Database, defineStatement, numberArray, textArray, uuidArray } from "@kith/database";
import { CompiledQuery } from "kysely";
import { emailText, phoneText } from "../load/identifier-texts.ts";
import type { BenchRun } from "../measure/bench-run.ts";
import type { RowCounts } from "../measure/count-rows.ts";
import { dropDatabase, makeDatabase, SCHEMA } from "../measure/deployment.ts";
import type { BenchStack } from "../measure/stack.ts";
import { timeWork, type WorkFigures } from "../measure/time-work.ts";

type Range = { readonly from: number; readonly to: number };

const FIRST_AT = 1_700_000_000_000_000;

const insertIdentifiers = defineStatement<Range, never>(
  "bare-identifiers",
  `insert into identifier (kind, value, identity_id, first_at, first_obs)
   select * from unnest($1::smallint[], $2::text[], $3::bigint[], $4::bigint[], $5::uuid[])`,
  (range) => [
    numberArray(each(range, (i) => 1 + (i % 2))),
    textArray(each(range, (i) => (i % 2 === 0 ? emailText(i >> 1) : phoneText(i >> 1)))),
    numberArray(each(range, (i) => i >> 1)),
    numberArray(each(range, (i) => FIRST_AT + i)),
    uuidArray(each(range, uuidOf)),
  ],
);

const insertLinks = defineStatement<Range, never>(
  "bare-links",
  `insert into link (email, phone, first_at, first_obs, event_id)
   select * from unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[], $5::text[])`,
  (range) => [
    textArray(each(range, emailText)),
    textArray(each(range, phoneText)),
    numberArray(each(range, (i) => FIRST_AT + i)),
    uuidArray(each(range, uuidOf)),
    textArray(each(range, uuidOf)),
  ],
);

const insertContacts = defineStatement<Range, never>(
  "bare-contacts",
  `insert into contact (obs_id, email, phone, event_id, created_at)
   select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[])`,
  (range) => [
    uuidArray(each(range, uuidOf)),
    textArray(each(range, emailText)),
    textArray(each(range, phoneText)),
    textArray(each(range, uuidOf)),
    numberArray(each(range, (i) => FIRST_AT + i)),
  ],
);

const insertIdentities = defineStatement<Range, never>(
  "bare-identities",
  `insert into identity (id, version, resolved_at, size, first_at, first_obs)
   select q.id, 1, now(), 2, q.first_at, q.first_obs
   from unnest($1::bigint[], $2::bigint[], $3::uuid[]) as q(id, first_at, first_obs)`,
  (range) => [
    numberArray(each(range, (i) => i)),
    numberArray(each(range, (i) => FIRST_AT + i)),
    uuidArray(each(range, uuidOf)),
  ],
);

const insertOutbox = defineStatement<Range, never>(
  "bare-outbox",
  "insert into outbox (identity_id, version) select q.id, 1 from unnest($1::bigint[]) as q(id)",
  (range) => [numberArray(each(range, (i) => i))],
);

const inserts = {
  identifier: insertIdentifiers,
  link: insertLinks,
  contact: insertContacts,
  identity: insertIdentities,
  outbox: insertOutbox,
};

export async function measureBareInserts(run: BenchRun, stack: BenchStack, rows: RowCounts): Promise<WorkFigures> {
  const name = `limit_${run.part.replaceAll("-", "_")}`;
  const url = await makeDatabase(stack.databaseUrl, name);
  const { db, close } = createDatabase({
    url,
    schema: SCHEMA,
    role: "writer",
    poolMax: 1,
    applicationName: "kith-bench-limit",
  });
  const end = run.closers.add(async () => {
    await close();
    await dropDatabase(stack.databaseUrl, name);
  });
  const figures = await db.connection().execute(async (session) => {
    await session.executeQuery(CompiledQuery.raw("checkpoint"));
    return timeWork(stack.pids.postgres, () => writeAll(session, rows));
  });
  await end();
  return figures;
}

async function writeAll(db: Database, rows: RowCounts): Promise<void> {
  for (let batch = 0; batch < rows.batches; batch++) {
    await db.executeQuery(CompiledQuery.raw("begin"));
    for (const table of Object.keys(inserts) as (keyof typeof inserts)[]) {
      const from = Math.floor((rows[table] * batch) / rows.batches);
      const to = Math.floor((rows[table] * (batch + 1)) / rows.batches);
      if (to > from) await inserts[table](db, { from, to });
    }
    await db.executeQuery(CompiledQuery.raw("commit"));
  }
}

function each<T>({ from, to }: Range, make: (i: number) => T): T[] {
  const values = new Array<T>(to - from);
  for (let i = from; i < to; i++) values[i - from] = make(i);
  return values;
}

/** Scattered like the content-bound ids they stand for. */
function uuidOf(i: number): string {
  const high = (Math.imul(i, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0");
  const low = i.toString(16).padStart(12, "0");
  return `${high}-${high.slice(0, 4)}-8${high.slice(1, 4)}-9${high.slice(4, 7)}-${low}`;
}
