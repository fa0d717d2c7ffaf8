import { expect, it } from "vitest";
import { decodeIdentityRecord } from "./decode-identity-record.ts";

const redirect = {
  v: 1,
  identityId: 9,
  version: 4,
  status: "merged",
  into: 12,
  resolvedAt: "2026-11-02T09:00:00.000Z",
};

it("reads a record, and leaves out fields that a newer Kith adds", () => {
  const value = Buffer.from(JSON.stringify({ ...redirect, more: true }));
  expect(decodeIdentityRecord(Buffer.from("9"), value)).toEqual({ identityId: 9, value: redirect });
});

it("reads a null value as the tombstone of its key", () => {
  expect(decodeIdentityRecord(Buffer.from("9"), null)).toEqual({ identityId: 9, value: null });
});

it.each([
  ["no key", null, redirect],
  ["a key that is no id", "nine", redirect],
  ["a key that is too large for an id", "9007199254740993", redirect],
  ["a key that is not the value's identity", "8", redirect],
  ["an unknown version of the record", "9", { ...redirect, v: 2 }],
  ["an unknown status", "9", { ...redirect, status: "split" }],
  ["a missing field", "9", { ...redirect, into: undefined }],
  ["a value that is no object", "9", 9],
])("%s is not one of Kith's", (_, key, value) => {
  expect(decodeIdentityRecord(key === null ? null : Buffer.from(key), Buffer.from(JSON.stringify(value)))).toBe(
    undefined,
  );
});

it("text that is not JSON is not one of Kith's", () => {
  expect(decodeIdentityRecord(Buffer.from("9"), Buffer.from("{"))).toBeUndefined();
  expect(decodeIdentityRecord(Buffer.from("9"), Buffer.alloc(0))).toBeUndefined();
});
