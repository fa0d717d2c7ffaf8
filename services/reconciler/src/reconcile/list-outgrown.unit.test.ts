import { expect, it } from "vitest";
import { listOutgrown } from "./list-outgrown.ts";

const age = { version: 1, firstAt: 1, firstObs: "00000000-0000-8000-8000-000000000000" };

function setup(before: number | undefined, after: number) {
  const write = { id: 7, size: after, ...age };
  const changes = { created: before === undefined ? [write] : [], survivors: before === undefined ? [] : [write] };
  const identities = new Map(before === undefined ? [] : [[7, { ...write, size: before }]]);
  return listOutgrown(changes, { identifiers: new Map(), identities });
}

it.each([
  { before: 999, after: 1_000, why: "it comes to a thousand" },
  { before: 2, after: 5_000, why: "it passes a thousand by merges" },
  { before: 9_999, after: 10_003, why: "it passes the next power of ten" },
  { before: 500, after: 20_000, why: "it passes two powers at once" },
  { before: undefined, after: 1_200, why: "it is made by one batch" },
])("tells of an identity when $why", ({ before, after }) => {
  expect(setup(before, after)).toEqual([{ identityId: 7, size: after }]);
});

it.each([
  { before: 2, after: 999 },
  { before: 1_000, after: 1_001 },
  { before: 1_000, after: 9_999 },
  { before: 10_000, after: 99_999 },
  { before: undefined, after: 2 },
])("says nothing between two powers of ten: $before, then $after", ({ before, after }) => {
  expect(setup(before, after)).toEqual([]);
});
