/**
 * The hot statements stay probes of primary keys: on tables of a hundred thousand rows, under the plans that a writer's
 * connection keeps for its whole life. One sequential scan in a batch would cost more than all the rest of it.
 */
import { type Database, definedStatements } from "@kith/database";
import { type TestDatabase, testDatabase } from "@kith/testkit";
import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "./reconcile-batch.ts";
import "../relay/relay-outbox.ts";

type PlanNode = {
  "Node Type": string;
  "Index Name"?: string;
  "Relation Name"?: string;

  Plans?: PlanNode[];
};

let database: TestDatabase;
let writer: Database;
/** Of tables that nobody has analysed, as they are while a new deployment grows. */
let young: TestDatabase;
let youngWriter: Database;
beforeAll(async () => {
  [database, young] = await Promise.all([testDatabase(), testDatabase()]);
  youngWriter = young.open("writer", 1);
  const db = database.open("admin", 1);
  await db.executeQuery(
    CompiledQuery.raw(
      `insert into identity select n, null, null, 1, now(), 2, n, md5(n::text)::uuid from generate_series(1, 50000) n;
       insert into identifier select 1, 'e' || n || '@x.io', n, n, md5(n::text)::uuid from generate_series(1, 50000) n;
       insert into identifier select 2, n::text, n, n, md5(n::text)::uuid from generate_series(1, 50000) n;
       insert into link select 'e' || n || '@x.io', n::text, n, md5(n::text)::uuid, 'e', null from generate_series(1, 50000) n;
       insert into contact (obs_id, email, phone, event_id, created_at)
         select md5(n::text)::uuid, 'e' || n || '@x.io', n::text, 'e', n from generate_series(1, 50000) n;
       insert into outbox (identity_id, version) select n, 1 from generate_series(1, 50000) n;
       analyze`,
    ),
  );
  writer = database.open("writer", 1);
});
afterAll(() => Promise.all([database.drop(), young.drop()]));

/** Which indexes the writes and reads of a batch may probe. */
const PROBES: Record<string, string[]> = {
  "find-no-ops": ["identifier_pkey", "link_pkey"],
  "read-graph": ["identifier_pkey", "identity_pkey"],
  "read-residual": ["identifier_pkey", "identity_pkey", "link_pkey"],
  "lock-identities": ["identity_pkey"],
  "write-identities": ["identity_pkey"],
  "move-identifiers": ["identifier_identity_idx"],
  "lower-firsts": ["contact_obs_id_key", "identifier_pkey"],
  "supersede-contacts": ["contact_obs_id_key", "identifier_pkey"],
  "fence-offsets": ["consumer_offset_pkey"],
  "advance-offsets": ["consumer_offset_pkey"],
  "read-identities": ["contact_obs_id_key", "identifier_identity_idx", "identity_pkey"],
  "read-merged-from": ["identity_merged_into_idx"],
};

describe("the plan a writer keeps", () => {
  test.each(Object.entries(PROBES))("%s probes its indexes and scans nothing", async (name, indexes) => {
    const nodes = await planOf(name, writer);
    // One row each, read without a key.
    const scans = nodes.filter((node) => node["Node Type"] === "Seq Scan" && node["Relation Name"] !== "deployment");
    expect(scans).toEqual([]);
    const probed = nodes.flatMap((node) => node["Index Name"] ?? []);
    expect([...new Set(probed)].sort()).toEqual(indexes);
    expect(nodes.map((node) => node["Node Type"])).not.toContain("Hash Join");
    expect(nodes.map((node) => node["Node Type"])).not.toContain("Merge Join");
  });

  test.each(["insert-fresh-contacts", "insert-older-contacts"])("%s inserts in the order it is given", async (name) => {
    const nodes = await planOf(name, writer);
    expect(nodes.map((node) => node["Node Type"])).toEqual(["ModifyTable", "Function Scan"]);
  });

  // Through a bitmap all identifiers of an identity would be read and sorted, however many there are, for the first few.
  test.each(["analysed", "young"])(
    "the oldest identifiers of an identity are read in the index's order: %s",
    async (of) => {
      const nodes = await planOf("read-identities", of === "young" ? youngWriter : writer);
      expect(nodes.map((node) => node["Node Type"])).not.toContain("Bitmap Heap Scan");
      expect(nodes.map((node) => node["Node Type"])).not.toContain("Sort");
    },
  );
});

async function planOf(name: string, db: Database): Promise<PlanNode[]> {
  const { rows } = await db.executeQuery<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
    CompiledQuery.raw(`explain (generic_plan, format json) ${definedStatements().get(name)}`),
  );
  return flatten(rows[0]!["QUERY PLAN"][0].Plan);
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}
