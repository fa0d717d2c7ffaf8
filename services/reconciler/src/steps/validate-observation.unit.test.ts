import { observationId } from "@kith/contracts";
import { describe, expect, test } from "vitest";
import { decodeRecord } from "./decode-record.ts";
import { validateObservation } from "./validate-observation.ts";

const TIMESTAMP_MS = 1_700_000_000_000;
const GOOD = { v: 1, eventId: "evt-1", email: "a@x.io", phone: "123456", seenAt: TIMESTAMP_MS * 1000, normVersion: 1 };

const codeOf = (record: Record<string, unknown>) => {
  const result = validateObservation(record, TIMESTAMP_MS);
  return result.kind === "dead-letter" ? result.code : "ok";
};

describe("decoding", () => {
  test.each([
    ["a null value", null, "not-json"],
    ["an empty value", Buffer.alloc(0), "not-json"],
    ["random bytes", Buffer.from([0xff, 0x00, 0x9c, 0x13]), "not-json"],
    ["truncated JSON", Buffer.from('{"v":1'), "not-json"],
    ["an array", Buffer.from("[1]"), "not-json"],
    ["a string", Buffer.from('"x"'), "not-json"],
    [
      "JSON with invalid UTF-8 in a text",
      Buffer.concat([Buffer.from('{"v":1,"eventId":"'), Buffer.from([0xff]), Buffer.from('"}')]),
      "text",
    ],
  ])("%s is a dead letter", (_, value, code) => {
    expect(decodeRecord(value)).toMatchObject({ kind: "dead-letter", code });
  });

  test("an object is one", () => {
    expect(decodeRecord(Buffer.from('{"v":1}'))).toEqual({ kind: "ok", value: { v: 1 } });
  });
});

describe("validating", () => {
  test("a good record is the observation it says", () => {
    expect(validateObservation({ ...GOOD, orderId: "o-1", extra: { anything: true } }, TIMESTAMP_MS)).toEqual({
      kind: "ok",
      value: {
        obsId: observationId("evt-1", "a@x.io", "123456"),
        eventId: "evt-1",
        orderId: "o-1",
        email: "a@x.io",
        phone: "123456",
        seenAt: GOOD.seenAt,
      },
    });
  });

  test.each([
    ["another version", { v: 2 }, "unknown-version"],
    ["no version", { v: undefined }, "schema"],
    ["an email that is a number", { email: 5 }, "schema"],
    ["no event id", { eventId: undefined }, "schema"],
    ["an empty event id", { eventId: "" }, "schema"],
    ["no normVersion", { normVersion: undefined }, "schema"],
    ["no identifier", { email: undefined, phone: undefined }, "no-identifier"],
    ["NUL in the order id", { orderId: "a\0b" }, "text"],
    ["a lone surrogate in the source", { source: "\ud800" }, "text"],
    ["an email of 100 KB", { email: `${"a".repeat(100_000)}@x.io` }, "too-long"],
    ["an event id of 256 octets", { eventId: "é".repeat(128) }, "too-long"],
    ["an upper-case email", { email: "A@X.IO" }, "not-canonical"],
    ["a phone with a space", { phone: " +14155550100" }, "not-canonical"],
    ["a placeholder", { email: "test@test.com" }, "junk"],
    ["no age", { seenAt: undefined }, "seen-at"],
    ["a negative age", { seenAt: -1 }, "seen-at"],
    ["an age that is a text", { seenAt: "1" }, "seen-at"],
    ["an age of a fraction", { seenAt: 1.5 }, "seen-at"],
    ["an age two hours past the record", { seenAt: (TIMESTAMP_MS + 7_200_000) * 1000 }, "seen-at"],
  ])("%s is a dead letter", (_, change, code) => {
    expect(codeOf({ ...GOOD, ...change })).toBe(code);
  });

  test.each([
    ["an unknown normVersion", { normVersion: 7 }],
    ["only an email", { phone: undefined }],
    ["only a phone", { email: undefined }],
    ["an age of 0", { seenAt: 0 }],
    ["an age half an hour past the record", { seenAt: (TIMESTAMP_MS + 1_800_000) * 1000 }],
    ["an event id of 255 octets", { eventId: "e".repeat(255) }],
  ])("%s is accepted", (_, change) => {
    expect(codeOf({ ...GOOD, ...change })).toBe("ok");
  });

  test("a reason never carries a value", () => {
    const result = validateObservation({ ...GOOD, email: "Secret.Person@X.IO" }, TIMESTAMP_MS);
    expect(JSON.stringify(result)).not.toMatch(/secret/i);
  });
});
