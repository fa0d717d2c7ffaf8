import type { ActiveIdentityRecord, MergedIdentityRecord } from "@kith/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIdentityTable } from "./identity-table.ts";

const resolvedAt = "2026-11-02T09:00:00.000Z";

function active(identityId: number, version: number, emails = [`p${identityId}.${version}@hillvalley.edu`]) {
  const contact = { primaryContactId: identityId, emails, phoneNumbers: [], secondaryContactIds: [] };
  const size = emails.length;
  return {
    ...{ v: 1 as const, identityId, version, status: "active" as const, contact, size },
    ...{ truncated: false, mergedFrom: [], resolvedAt },
  } satisfies ActiveIdentityRecord;
}

function merged(identityId: number, version: number, into: number): MergedIdentityRecord {
  return { v: 1, identityId, version, status: "merged", into, resolvedAt };
}

describe("a record is applied iff its version is greater than the one held", () => {
  it.each([
    ["a first record", [1], ["applied"], 1],
    ["a newer one after an older one", [1, 2], ["applied", "applied"], 2],
    ["an older one after a newer one", [2, 1], ["applied", "stale"], 2],
    ["an exact repeat", [3, 3], ["applied", "repeat"], 3],
    ["a gap", [1, 7], ["applied", "applied"], 7],
    ["versions of the next generation", [5, 2 ** 40 + 1], ["applied", "applied"], 2 ** 40 + 1],
    ["a re-run of everything", [1, 2, 1, 2], ["applied", "applied", "stale", "repeat"], 2],
  ])("%s", (_, versions, outcomes, held) => {
    const table = createIdentityTable();
    expect(versions.map((version) => table.apply(12, active(12, version)))).toEqual(outcomes);
    expect(table.living(12)).toEqual(active(12, held));
  });

  it("counts each outcome", () => {
    const table = createIdentityTable();
    for (const version of [2, 2, 1, 3, 3]) table.apply(12, active(12, version));
    expect(table.counts()).toEqual({ applied: 2, repeat: 2, stale: 1, conflict: 0 });
  });

  it("tells the same version with another content from a repeat, and keeps the first", () => {
    const table = createIdentityTable();
    table.apply(12, active(12, 4, ["george@hillvalley.edu"]));
    expect(table.apply(12, active(12, 4, ["biffsucks@hillvalley.edu"]))).toBe("conflict");
    expect(table.living(12)?.contact.emails).toEqual(["george@hillvalley.edu"]);
  });

  it("comes to the same table in whatever order and however often the records arrive", () => {
    const records = [active(1, 1), active(1, 2), active(2, 1), merged(2, 2, 1), active(1, 3), active(3, 1)];
    const expected = { living: [active(1, 3), active(3, 1)], redirect: merged(2, 2, 1) };
    const shuffled = fc.shuffledSubarray([...records, ...records], { minLength: records.length * 2 });
    fc.assert(
      fc.property(shuffled, (order) => {
        const table = createIdentityTable();
        for (const record of order) table.apply(record.identityId, record);
        const living = [...table.all()].sort((a, b) => a.identityId - b.identityId);
        expect({ living, redirect: table.held(2) }).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

describe("redirects", () => {
  it("lead to the living identity, over several merges", () => {
    const table = createIdentityTable();
    for (const record of [merged(9, 4, 7), merged(7, 9, 12), active(12, 10)]) table.apply(record.identityId, record);
    expect(table.living(9)).toEqual(active(12, 10));
    expect(table.living(7)).toEqual(active(12, 10));
    expect(table.held(9)).toEqual(merged(9, 4, 7));
    expect([...table.all()]).toEqual([active(12, 10)]);
  });

  it("lead nowhere while the survivor has not been seen, and to it as soon as it has", () => {
    const table = createIdentityTable();
    table.apply(9, merged(9, 4, 12));
    expect(table.living(9)).toBeUndefined();
    table.apply(12, active(12, 5));
    expect(table.living(9)).toEqual(active(12, 5));
  });

  it("of an identity that never had a record of its own are kept too", () => {
    const table = createIdentityTable();
    expect(table.apply(9, merged(9, 1, 12))).toBe("applied");
    expect(table.apply(9, active(9, 1))).toBe("conflict");
  });

  it("in a circle, which never happens, end", () => {
    const table = createIdentityTable();
    table.apply(1, merged(1, 1, 2));
    table.apply(2, merged(2, 1, 1));
    expect(table.living(1)).toBeUndefined();
  });
});

describe("a null value", () => {
  it("forgets the identity", () => {
    const table = createIdentityTable();
    table.apply(12, active(12, 3));
    expect(table.apply(12, null)).toBe("applied");
    expect(table.living(12)).toBeUndefined();
    expect([...table.all()]).toEqual([]);
  });

  it("is not undone by a late repeat of what it erased", () => {
    const table = createIdentityTable();
    table.apply(12, active(12, 3));
    table.apply(12, null);
    expect([table.apply(12, active(12, 3)), table.apply(12, active(12, 2))]).toEqual(["stale", "stale"]);
    expect(table.living(12)).toBeUndefined();
  });

  it("given twice is a repeat; for an identity never seen it is remembered", () => {
    const table = createIdentityTable();
    expect([table.apply(12, null), table.apply(12, null)]).toEqual(["applied", "repeat"]);
  });

  it("breaks the redirects that led to the identity", () => {
    const table = createIdentityTable();
    table.apply(9, merged(9, 4, 12));
    table.apply(12, active(12, 5));
    table.apply(12, null);
    expect(table.living(9)).toBeUndefined();
  });
});

it("an unknown id has nothing", () => {
  const table = createIdentityTable();
  expect([table.living(1), table.held(1)]).toEqual([undefined, undefined]);
});
