/** A small graph, damaged in one way at a time: what the rebuild from its evidence makes of it, and which ids stay. */
import type { Database } from "@kith/database";
import { type TestDatabase, testDatabase } from "@kith/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rowsOf } from "../verify/rows-of.ts";
import { insertSmallGraph, obs, RESOLVED_AT } from "../verify/testing/small-graph.ts";
import { rebuildGraph } from "./rebuild-graph.ts";
import { makeFreshSchema } from "./schemas.ts";
import { switchSchemas } from "./switch-schemas.ts";

let database: TestDatabase;
let db: Database;
beforeEach(async () => {
  database = await testDatabase();
  db = database.open();
  await insertSmallGraph(db);
});
afterEach(() => database.drop());

async function rebuildAfter(damage: readonly string[]) {
  for (const text of damage) await rowsOf(db, text);
  await makeFreshSchema(db, { url: database.url, live: "kith", fresh: "kith_next" });
  const rebuilt = await db.connection().execute((session) =>
    rebuildGraph(session, {
      live: "kith",
      source: "kith",
      fresh: "kith_next",
      generation: 1,
      onSnapshot: async () => undefined,
      onProgress: () => undefined,
    }),
  );
  const identities = await rowsOf<{ id: number; merged_into: number | null; size: number }>(
    db,
    "select id, merged_into, size from kith_next.identity order by id",
  );
  const contacts = await rowsOf<{ id: number; obs: string; counts: boolean }>(
    db,
    "select id, right(obs_id::text, 1) as obs, deleted_at is null as counts from kith_next.contact order by id",
  );
  return {
    difference: rebuilt.difference,
    isSame: rebuilt.liveDigest === rebuilt.freshDigest,
    wrong: rebuilt.wrong,
    identities: identities.map(({ id, merged_into, size }) =>
      merged_into === null ? [id, size] : [id, "→", merged_into],
    ),
    contacts: contacts.map(({ id, obs, counts }) => `${id}:${obs}${counts ? "" : " superseded"}`),
  };
}

/** What the small graph is when nothing is wrong with it. */
const WHOLE = {
  difference: undefined,
  isSame: true,
  wrong: [],
  identities: [
    [1, 4],
    [2, "→", 1],
    [3, 1],
  ],
  contacts: ["1:1", "2:2", "3:3", "4:5"],
};

describe("rebuildGraph from the evidence", () => {
  it("makes the same of a graph in which all is well", async () => {
    expect(await rebuildAfter([])).toEqual(WHOLE);
    const version = await rowsOf(db, "select distinct version >> 40 as generation from kith_next.identity");
    expect(version).toEqual([{ generation: 1 }]);
    const copied = await rowsOf(db, `select partition, "offset" from kith_next.dead_letter`);
    expect(copied).toEqual([{ partition: 0, offset: 3 }]);
  });

  it("keeps that a log has lost its tail, also where that is found while the schemas are about to be switched", async () => {
    const readMarks = (schema: string) =>
      rowsOf(db, `select partition, next_offset, lost_from from ${schema}.consumer_offset order by partition`);
    await rebuildAfter([`insert into consumer_offset select topic_id, 1, 10, 4 from consumer_offset`]);
    const marks = [
      { partition: 0, next_offset: 10, lost_from: null },
      { partition: 1, next_offset: 10, lost_from: 4 },
    ];
    expect(await readMarks("kith_next")).toEqual(marks);
    await rowsOf(db, "update kith.consumer_offset set lost_from = 6 where partition = 0");
    await db
      .connection()
      .execute((session) => switchSchemas(session, { live: "kith", fresh: "kith_next", kept: "kith_until" }));
    expect(await readMarks("kith")).toEqual([{ ...marks[0], lost_from: 6 }, marks[1]]);
  });

  it.each<{ title: string; damage: string[]; becomes: object }>([
    {
      title: "an identifier in a stranger's identity goes home, and the home that was left empty keeps its id",
      damage: ["update identifier set identity_id = 1 where value = 'biff@x.io'"],
      becomes: {
        difference: "identity 1: 5 identifiers in kith, 4 in kith_next (2 identities differ)",
        isSame: false,
      },
    },
    {
      title: "an identity that holds most of a stranger's members keeps its id for those it began with",
      damage: ["update identifier set identity_id = 3 where value <> 'brown@x.io'"],
      becomes: {
        difference: "identity 1: 1 identifiers in kith, 4 in kith_next (2 identities differ)",
        isSame: false,
      },
    },
    {
      title: "two identities that are one are joined: the larger survives, the other leads to it",
      damage: [
        `insert into identity values (7, null, null, 1, '${RESOLVED_AT}', 1, 2, '${obs(2)}')`,
        "update identifier set identity_id = 7 where value = 'emmett@x.io'",
      ],
      becomes: {
        difference: "identity 1: 3 identifiers in kith, 4 in kith_next (2 identities differ)",
        isSame: false,
        identities: [...WHOLE.identities, [7, "→", 1]],
      },
    },
    {
      title: "an age that nobody saw is taken back",
      damage: ["update identifier set first_at = 0 where value = 'biff@x.io'"],
      becomes: {
        difference: "identity 3: 1 identifiers in kith, 1 in kith_next, 1 of another age",
        isSame: false,
      },
    },
    {
      title: "an identifier that is gone comes back from its link",
      damage: ["delete from identifier where value = 'emmett@x.io'"],
      becomes: {
        difference: "identity 1: 3 identifiers in kith, 4 in kith_next",
        isSame: false,
      },
    },
    {
      title: "a link that is gone comes back from its contact",
      damage: ["delete from link where email = 'emmett@x.io'"],
      becomes: {},
    },
    {
      title: "a contact that is gone comes back from its link, under a new id",
      damage: [`delete from contact where obs_id = '${obs(2)}'`],
      becomes: { contacts: ["1:1", "3:3", "4:5", "5:2"] },
    },
    {
      title: "a contact that is gone without a link comes back from its identifier",
      damage: [`delete from contact where obs_id = '${obs(5)}'`],
      becomes: { contacts: ["1:1", "2:2", "3:3", "5:5"] },
    },
    {
      title: "a contact that counted for no reason counts no more, but keeps its id",
      damage: [
        `insert into contact (obs_id, email, event_id, created_at) values ('${obs(8)}', 'doc@x.io', 'evt-8', 8)`,
      ],
      becomes: { contacts: [...WHOLE.contacts, "5:8 superseded"] },
    },
    {
      title: "a size, and a redirect in a circle, do not matter: nothing is taken from them",
      damage: [
        "update identity set size = 9 where id = 3",
        `insert into identity values (8, 9, '${obs(4)}', 1, '${RESOLVED_AT}', 0, 3, '${obs(3)}'),
           (9, 8, '${obs(4)}', 1, '${RESOLVED_AT}', 0, 3, '${obs(3)}')`,
      ],
      becomes: {},
    },
  ])("$title", async ({ damage, becomes }) => {
    expect(await rebuildAfter(damage)).toEqual({ ...WHOLE, ...becomes });
  });
});
