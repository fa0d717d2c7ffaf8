import { expect, it } from "vitest";
import { describeDeadLetter } from "../steps/describe-dead-letter.ts";
import { buildDeadLetterRecord } from "./build-dead-letter-record.ts";
import type { UnpublishedDeadLetter } from "./sql/dead-letters.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

function build(changes: Partial<UnpublishedDeadLetter>) {
  const row: UnpublishedDeadLetter = {
    topic_id: "33333333-3333-8333-8333-333333333333",
    partition: 8,
    offset: 42,
    code: "junk",
    reason: "email",
    key: Buffer.from("k"),
    raw: Buffer.from("{}"),
    headers: [],
    key_bytes: null,
    raw_bytes: null,
    raw_sha256: null,
    headers_bytes: null,
    ...changes,
  };
  const record = buildDeadLetterRecord(row, { topic: "order.identity", partitions: 6 });
  return { ...record, headers: { ...record.headers } };
}

const OURS = {
  "kith-code": "junk",
  "kith-reason": "email",
  "kith-topic": "order.identity",
  "kith-partition": "8",
  "kith-offset": "42",
};

it("is the record as it was, with why and where", () => {
  const headers: [string, string][] = [
    ["a", base64("1")],
    ["b", base64("2")],
    ["b", base64("3")],
    ["b", base64("4")],
  ];
  expect(build({ headers })).toEqual({
    key: Buffer.from("k"),
    value: Buffer.from("{}"),
    partition: 2,
    headers: { a: Buffer.from("1"), b: [Buffer.from("2"), Buffer.from("3"), Buffer.from("4")], ...OURS },
  });
});

it("says what was cut, and never believes the record's own headers about it", () => {
  const headers: [string, string][] = [
    ["kith-value-bytes", base64("1")],
    ["kith-code", base64("none")],
  ];
  expect(build({ headers }).headers).toEqual(OURS);
  const cut = { raw_bytes: 5, raw_sha256: Buffer.from([1, 255]), key_bytes: 6, headers_bytes: 7 };
  expect(build({ ...cut, headers }).headers).toEqual({
    ...OURS,
    "kith-value-bytes": "5",
    "kith-value-sha256": "01ff",
    "kith-key-bytes": "6",
    "kith-headers-bytes": "7",
  });
});

it("gives back every header that is kept, whatever its name", () => {
  const headers = Object.create(null);
  for (const name of ["a\0b", "__proto__", "constructor", "7", ""]) headers[name] = Buffer.from(`v ${name}`);
  const record = { offset: 42, timestampMs: 1, key: null, value: null, headers };
  const kept = JSON.parse(describeDeadLetter(record, 8, { code: "junk", reason: "email" }).headers);
  const expected = Object.create(null);
  for (const name of Object.keys(headers)) expected[name] = headers[name];
  const built = buildDeadLetterRecord(
    {
      ...{
        topic_id: "t",
        partition: 8,
        offset: 42,
        code: "junk",
        reason: "email",
        key: null,
        raw: null,
        headers: kept,
      },
      ...{ key_bytes: null, raw_bytes: null, raw_sha256: null, headers_bytes: null },
    },
    { topic: "order.identity", partitions: 6 },
  );
  expect(Object.entries(built.headers ?? {})).toEqual([...Object.entries(expected), ...Object.entries(OURS)]);
});
