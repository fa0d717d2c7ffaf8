import type { IdentityRow } from "@kith/database";
import { expect, test } from "vitest";
import { createRecentIdentities } from "./recent-identities.ts";

const identity = (id: number, version = 1): IdentityRow => ({
  identity_id: id,
  version,
  size: 1,
  merged_into: null,
  resolved_at_ms: 0,
  emails: `${id}@x.io`,
  phones: null,
  contacts: String(id),
  kinds: null,
});

test("an identity is handed out once, and only in the version in which it is known", () => {
  const recent = createRecentIdentities();
  recent.note([identity(1), identity(2)]);
  expect(recent.take(1, 1)).toEqual(identity(1));
  expect(recent.take(1, 1)).toBeUndefined();
  expect(recent.take(2, 2)).toBeUndefined();
  expect(recent.take(2, 1)).toBeUndefined();
  expect(recent.take(3, 1)).toBeUndefined();
});

test("of more than it may keep the first are forgotten", () => {
  const recent = createRecentIdentities(3);
  recent.note([1, 2].map((id) => identity(id)));
  recent.note([3, 4, 5].map((id) => identity(id)));
  expect([1, 2, 3, 4, 5].filter((id) => recent.take(id, 1) !== undefined)).toEqual([3, 4, 5]);
});

test("it is half full when as many again would be too many", () => {
  const recent = createRecentIdentities(4);
  recent.note([identity(1)]);
  expect(recent.isHalfFull()).toBe(false);
  recent.note([identity(2)]);
  expect(recent.isHalfFull()).toBe(true);
  recent.take(1, 1);
  expect(recent.isHalfFull()).toBe(false);
});

test("what a round could have taken and did not is forgotten with the next, so that it does not fill up", () => {
  const recent = createRecentIdentities(4);
  recent.note([identity(1), identity(2)]);
  recent.beginRound();
  recent.note([identity(3)]);
  expect(recent.take(1, 1)).toEqual(identity(1));
  recent.beginRound();
  expect(recent.isHalfFull()).toBe(false);
  expect(recent.take(2, 1)).toBeUndefined();
  expect(recent.take(3, 1)).toEqual(identity(3));
});
