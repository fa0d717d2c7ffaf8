/** Each invariant, broken by hand in a graph in which all is well: exactly that one must be reported. */
import type { Database } from "@kith/database";
import { type TestDatabase, testDatabase } from "@kith/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkInvariants } from "./check-invariants.ts";
import { describeFinding } from "./finding.ts";
import { rowsOf } from "./rows-of.ts";
import { insertSmallGraph, obs, TOPIC_ID } from "./testing/small-graph.ts";

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = database.open();
  await insertSmallGraph(db);
});
afterAll(() => database.drop());

/** What is reported after `statements`, which are taken back. */
async function broken(statements: readonly string[]): Promise<string[]> {
  return db.connection().execute(async (session) => {
    await rowsOf(session, "begin");
    try {
      for (const text of statements) await rowsOf(session, text);
      const lines: string[] = [];
      for await (const finding of checkInvariants(session, () => undefined)) {
        if (finding.wrong > 0) lines.push(describeFinding(finding));
      }
      return lines;
    } finally {
      await rowsOf(session, "rollback");
    }
  });
}

/** A contact and an identifier that it introduces. */
const introduce = (n: number, email: string, identityId: number) => [
  `insert into contact (obs_id, email, event_id, created_at) values ('${obs(n)}', '${email}', 'evt-${n}', ${n})`,
  `insert into identifier values (1, '${email}', ${identityId}, ${n}, '${obs(n)}')`,
];

describe("checkInvariants", () => {
  it("finds nothing where all is well", async () => {
    expect(await broken([])).toEqual([]);
  });

  it.each<{ line: string; because: string; statements: string[] }>([
    {
      line: "I1 1 wrong, e.g. identity 9",
      because: "an identifier is in an identity that does not exist",
      statements: introduce(7, "gone@x.io", 9),
    },
    {
      line: "I2 1 wrong, e.g. identity 3",
      because: "a size is not the number of identifiers",
      statements: ["update identity set size = 2 where id = 3"],
    },
    {
      line: "I3 1 wrong, e.g. identity 1",
      because: "an identity is older than its oldest identifier",
      statements: ["update identity set first_at = 0 where id = 1"],
    },
    {
      line: "I4 1 wrong, e.g. identity 1",
      because: "a link is older than its ends",
      statements: ["update link set first_at = 1 where email = 'brown@x.io'"],
    },
    {
      line: "I4 1 wrong, e.g. identity 3",
      because: "a link ties two identities that were not merged",
      statements: [`insert into link values ('biff@x.io', '100001', 6, '${obs(6)}', 'evt-6')`],
    },
    {
      line: "I4 1 wrong, e.g. observation 00000000-0000-8000-8000-000000000006",
      because: "neither end of a link is known",
      statements: [`insert into link values ('nobody@x.io', '999999', 6, '${obs(6)}', 'evt-6')`],
    },
    {
      line: "I5 1 wrong, e.g. identity 1",
      because: "the contact that introduced an identifier counts no more",
      statements: [`update contact set deleted_at = now() where obs_id = '${obs(2)}'`],
    },
    {
      line: "I5 1 wrong, e.g. contact 50",
      because: "a contact introduces nothing",
      statements: [
        `insert into contact (id, obs_id, email, event_id, created_at) overriding system value
         values (50, '${obs(8)}', 'doc@x.io', 'evt-8', 8)`,
      ],
    },
    {
      line: "I6 1 wrong, e.g. contact 4",
      because: "a contact is in two identities",
      statements: [`update contact set phone = '100001' where obs_id = '${obs(5)}'`],
    },
    {
      line: "I7 1 wrong, e.g. identity 3",
      because: "a version is in the outbox twice",
      statements: ["insert into outbox (identity_id, version) values (3, 1)"],
    },
    {
      line: "I7 1 wrong, e.g. identity 3",
      because: "a version is not in the outbox",
      statements: ["delete from outbox where identity_id = 3"],
    },
    {
      line: "I7 1 wrong, e.g. identity 3",
      because: "the outbox has a version that its identity has not",
      statements: ["insert into outbox (identity_id, version) values (3, 2)"],
    },
    {
      line: "I8 1 wrong, e.g. identity 2",
      because: "a merged identity leads nowhere",
      statements: ["update identity set merged_into = 9 where id = 2"],
    },
    {
      line: "I8 2 wrong, e.g. identity 2",
      because: "merged identities go round in a circle",
      statements: [
        `insert into identity values (4, 2, '${obs(4)}', 1, '2026-01-01', 0, 3, '${obs(3)}')`,
        "update identity set merged_into = 4 where id = 2",
      ],
    },
    {
      line: "I9 1 wrong, e.g. dead letter 0/10",
      because: "a dead letter lies where the log was not yet settled",
      statements: ['update dead_letter set "offset" = 10'],
    },
    {
      line: "I9 1 wrong, e.g. dead letter 1/3",
      because: "a dead letter is of a partition that was never read",
      statements: [`update dead_letter set partition = 1 where topic_id = '${TOPIC_ID}'`],
    },
    {
      line: "I9 1 wrong, e.g. process 42",
      because: "a writing transaction was left open",
      // What is temporary is found first.
      statements: [
        `create temporary view pg_stat_activity as select current_database() as datname, 42 as pid,
           'kith-reconciler' as application_name, '1'::xid as backend_xid, now() - interval '61 s' as xact_start`,
      ],
    },
    {
      line: "I10 1 wrong, e.g. identity 1",
      because: "nothing ties an identity together",
      statements: ["delete from link where email = 'brown@x.io'"],
    },
  ])("reports $line where $because", async ({ line, statements }) => {
    expect(await broken(statements)).toEqual([line]);
  });

  it("reports an identity without members and members of a merged identity", async () => {
    expect(await broken([`insert into identity values (4, null, null, 1, '2026-01-01', 0, 3, '${obs(3)}')`])).toContain(
      "I8 1 wrong, e.g. identity 4",
    );
    expect(await broken(introduce(7, "late@x.io", 2))).toEqual([
      "I1 1 wrong, e.g. identity 2",
      "I8 1 wrong, e.g. identity 2",
    ]);
  });

  it("reports an identity whose primary contact does not count, beside the identifiers it introduced", async () => {
    expect(await broken([`update contact set deleted_at = now() where obs_id = '${obs(5)}'`])).toEqual([
      "I5 1 wrong, e.g. identity 3",
      "I6 1 wrong, e.g. identity 3",
    ]);
  });

  it("does not miss versions whose part of the outbox is gone", async () => {
    expect(
      await broken(["delete from outbox where identity_id <> 3", "update outbox set at = at + interval '1 h'"]),
    ).toEqual([]);
  });
});
