import { expect, test } from "vitest";
import { listCreated } from "./list-created.ts";
import type { NewIdentifier } from "./sql/insert-identifiers.ts";

const write = (id: number, size: number) => ({ id, size, version: 1, firstAt: 1, firstObs: "a" });
const identifier = (key: string, identityId: number, firstAt: number): NewIdentifier => ({
  key,
  identityId,
  firstAt,
  firstObs: "a",
  contactId: firstAt * 10,
});

test("an identity is listed with its identifiers in age order", () => {
  const fresh = [identifier("1:b@x.io", 7, 2), identifier("2:555", 7, 1), identifier("1:a@x.io", 8, 3)];
  expect(listCreated([write(7, 2)], fresh, 99)).toEqual([
    {
      identity_id: 7,
      version: 1,
      size: 2,
      merged_into: null,
      resolved_at_ms: 99,
      emails: "b@x.io",
      phones: "555",
      contacts: "10,20",
      kinds: null,
    },
  ]);
});

test("an identity is not listed where an identifier of it was put in another and is moved to it", () => {
  expect(listCreated([write(7, 2)], [identifier("1:a@x.io", 7, 1), identifier("2:555", 8, 1)], 99)).toEqual([]);
});

test("a large identity is not listed", () => {
  const fresh = Array.from({ length: 17 }, (_, i) => identifier(`1:${i}@x.io`, 7, i));
  expect(listCreated([write(7, 17)], fresh, 99)).toEqual([]);
});
