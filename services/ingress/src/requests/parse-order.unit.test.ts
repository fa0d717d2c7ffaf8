import { KithError } from "@kith/contracts";
import { createCanonicalizer } from "@kith/identifiers";
import { describe, expect, it } from "vitest";
import { parseIdentifiers } from "./parse-identifiers.ts";
import { asObject, parseOrder } from "./parse-order.ts";

const canonicalizer = createCanonicalizer({});
const email = "lorraine@hillvalley.edu";

function refusal(work: () => unknown): KithError {
  try {
    work();
  } catch (error) {
    if (error instanceof KithError) return error;
    throw error;
  }
  throw new Error("expected a KithError");
}

describe("parseIdentifiers", () => {
  it.each([
    ["both", { email, phoneNumber: "123456" }, { email, phone: "123456", dropped: [] }],
    ["an email alone", { email }, { email, phone: undefined, dropped: [] }],
    ["a phone alone", { phoneNumber: "123456" }, { email: undefined, phone: "123456", dropped: [] }],
    ["a phone as an integer", { phoneNumber: 123456 }, { email: undefined, phone: "123456", dropped: [] }],
    ["null beside a value", { email, phoneNumber: null }, { email, phone: undefined, dropped: [] }],
    [
      "a blank beside a value",
      { email: "  ", phoneNumber: "123456" },
      { email: undefined, phone: "123456", dropped: [] },
    ],
    ["another spelling", { email: " Lorraine@HillValley.EDU " }, { email, phone: undefined, dropped: [] }],
    ["junk beside a value", { email, phoneNumber: "0000000" }, { email, phone: undefined, dropped: ["phoneNumber"] }],
    ["junk as an integer", { email, phoneNumber: 1234567890 }, { email, phone: undefined, dropped: ["phoneNumber"] }],
    [
      "unknown properties",
      { email, seenAt: 1, obsId: "x", dropped: ["email"] },
      { email, phone: undefined, dropped: [] },
    ],
  ])("takes %s", (_what, body, expected) => {
    expect(parseIdentifiers(body, canonicalizer)).toEqual(expected);
  });

  it.each([
    ["nothing", {}, "no-identifier", []],
    ["two nulls", { email: null, phoneNumber: null }, "no-identifier", []],
    ["blanks", { email: "", phoneNumber: "   " }, "no-identifier", []],
    ["only junk", { email: "test@test.com", phoneNumber: null }, "only-junk", ["email"]],
    ["two placeholders", { email: "null", phoneNumber: "undefined" }, "only-junk", ["email", "phoneNumber"]],
    ["an email without @", { email: "lorraine" }, "invalid-email", ["email"]],
    ["an email that is a number", { email: 5 }, "invalid-email", ["email"]],
    ["an email with a NUL", { email: "lorr\0aine@hillvalley.edu" }, "invalid-email", ["email"]],
    ["an email with a lone surrogate", { email: "\ud800@hillvalley.edu" }, "invalid-email", ["email"]],
    ["a bad email beside a good phone", { email: "x", phoneNumber: "123456" }, "invalid-email", ["email"]],
    ["a boolean phone", { phoneNumber: true }, "invalid-phone", ["phoneNumber"]],
    ["an array phone", { phoneNumber: ["123456"] }, "invalid-phone", ["phoneNumber"]],
    ["a fraction", { phoneNumber: 3.5 }, "invalid-phone", ["phoneNumber"]],
    ["a negative phone", { phoneNumber: -1 }, "invalid-phone", ["phoneNumber"]],
    ["1e15", { phoneNumber: 1e15 }, "invalid-phone", ["phoneNumber"]],
    ["1e400", { phoneNumber: Number.POSITIVE_INFINITY }, "invalid-phone", ["phoneNumber"]],
    ["two digits", { phoneNumber: "12" }, "invalid-phone", ["phoneNumber"]],
    ["both wrong", { email: "x", phoneNumber: "12" }, "invalid-email", ["email", "phoneNumber"]],
  ])("refuses %s", (_what, body, code, fields) => {
    const error = refusal(() => parseIdentifiers(body, canonicalizer));
    expect(error.code).toBe(code);
    expect(error.extras.errors?.map(({ field }) => field) ?? []).toEqual(fields);
  });
});

describe("parseOrder", () => {
  const parse = (body: unknown) => parseOrder(body, canonicalizer);

  it("takes every field", () => {
    const texts = { orderId: "<script>;'$1--", source: "kassa ⁂ 7", occurredAt: "1970-01-01T00:00:00+02:00" };
    expect(parse({ ...texts, eventId: "evt-1", email, phoneNumber: null })).toEqual({
      order: { ...texts, email, phone: undefined, dropped: [] },
      eventId: "evt-1",
    });
  });

  it.each([null, [], [{}], "text", 5, true, undefined])("refuses %j at the top", (body) => {
    expect(refusal(() => parse(body)).code).toBe("invalid-body");
    expect(refusal(() => asObject(body)).code).toBe("invalid-body");
  });

  it.each([
    ["an unknown property", { nickname: "x" }, "nickname", "unknown-field"],
    ["seenAt", { seenAt: 1 }, "seenAt", "unknown-field"],
    ["an unknown property whose name is a value", { "marty@hillvalley.edu": 1 }, "?", "unknown-field"],
    ["an empty eventId", { eventId: "" }, "eventId", "too-short"],
    ["a null eventId", { eventId: null }, "eventId", "wrong-type"],
    ["a numeric orderId", { orderId: 12 }, "orderId", "wrong-type"],
    ["a source of 256 octets", { source: "é".repeat(128) }, "source", "too-long"],
    ["an orderId of 256 characters", { orderId: "x".repeat(256) }, "orderId", "too-long"],
    ["a lone surrogate", { source: "a\udc00" }, "source", "not-well-formed"],
    ["a NUL", { orderId: "a\0" }, "orderId", "forbidden-character"],
    ["a line feed", { eventId: "a\nb" }, "eventId", "forbidden-character"],
    ["a C1 control", { source: "a\u0085" }, "source", "forbidden-character"],
    ["a day that is none", { occurredAt: "2026-02-29T00:00:00Z" }, "occurredAt", "not-rfc3339"],
    ["a date without time", { occurredAt: "2026-02-28" }, "occurredAt", "not-rfc3339"],
    ["a numeric time", { occurredAt: 1 }, "occurredAt", "wrong-type"],
  ])("refuses %s", (_what, fields, field, code) => {
    const error = refusal(() => parse({ email, ...fields }));
    expect(error.code).toBe("invalid-field");
    expect(error.extras.errors).toEqual([{ field, code }]);
  });

  it("takes texts of exactly 255 octets, and null for no time", () => {
    const text = "é".repeat(127);
    expect(
      parse({ email, eventId: `${text}x`, orderId: "x".repeat(255), occurredAt: null }).order.occurredAt,
    ).toBeUndefined();
  });

  describe("seenAt, for those who may give it", () => {
    const LATEST = 1_800_000_000_000_000;
    const parseImport = (seenAt: unknown) => parseOrder({ email, seenAt }, canonicalizer, "items/3/", LATEST);

    it.each([0, 1_500_000_000_000_001, LATEST])("is taken: %d", (seenAt) => {
      expect(parseImport(seenAt).order.seenAt).toBe(seenAt);
    });

    it.each([undefined, null])("may be left out: %s", (seenAt) => {
      expect(parseImport(seenAt).order.seenAt).toBeUndefined();
    });

    it.each([
      ["-1", -1, "out-of-range"],
      ["an age ahead of the clock", LATEST + 1, "out-of-range"],
      ["a fraction", 1.5, "wrong-type"],
      ["2^53", 2 ** 53, "wrong-type"],
      ["a text", "1", "wrong-type"],
    ])("is refused: %s", (_what, seenAt, code) => {
      const error = refusal(() => parseImport(seenAt));
      expect(error.extras.errors).toEqual([{ field: "items/3/seenAt", code }]);
    });
  });

  it("puts the row before field names in a batch", () => {
    const error = refusal(() => parseOrder({ email: "x" }, canonicalizer, "items/3/"));
    expect(error.extras.errors?.[0]?.field).toBe("items/3/email");
  });

  it("lists a bounded number of unknown properties", () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`p${index}`, 1]));
    expect(refusal(() => parse({ email, ...many })).extras.errors).toHaveLength(16);
  });

  it("never tells a value back", () => {
    const secret = "marty@hillvalley.edu\n";
    const bodies = [
      { email: secret },
      { email, source: secret },
      { email, occurredAt: secret },
      { email, [secret]: secret },
    ];
    for (const body of bodies) expect(JSON.stringify(refusal(() => parse(body)).toProblem())).not.toContain("marty");
  });
});
