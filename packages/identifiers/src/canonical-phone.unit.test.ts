/** The table of inputs 10-20 as far as it is about phones, and what a deployment's settings make of local numbers. */
import { describe, expect, it } from "vitest";
import { createCanonicalizer } from "./canonicalizer.ts";
import { absent, invalid, junk, ok } from "./testing/answers.ts";

const { phone } = createCanonicalizer({});

describe("phone", () => {
  it.each<[inputs: number, sentence: string, raw: unknown, answer: unknown]>([
    [10, "missing is absent", undefined, absent],
    [10, "null is absent", null, absent],
    [10, "empty is absent", "", absent],
    [10, "only spaces is absent", "   ", absent],
    [12, "an integer", 123456, ok("123456")],
    [12, "the largest integer of 15 digits", 999_999_999_999_998, ok("999999999999998")],
    [12, "1e15 has 16 digits", 1e15, invalid("too-long")],
    [12, "above 2^53", 2 ** 53, invalid("wrong-type")],
    [12, "1e21", 1e21, invalid("wrong-type")],
    [12, "0 is too short", 0, invalid("too-short")],
    [12, "-0 is 0", -0, invalid("too-short")],
    [12, "NaN", Number.NaN, invalid("wrong-type")],
    [12, "infinity", Number.POSITIVE_INFINITY, invalid("wrong-type")],
    [12, "a negative integer", -1, invalid("wrong-type")],
    [12, "a fraction", 3.5, invalid("wrong-type")],
    [12, "a boolean", true, invalid("wrong-type")],
    [12, "an array", ["123456"], invalid("wrong-type")],
    [12, "an object", { valueOf: () => 123456 }, invalid("wrong-type")],
    [12, "a bigint", 123456n, invalid("wrong-type")],
    [14, "outer spaces", "  123456 ", ok("123456")],
    [14, "outer tab", "123456\t", invalid("forbidden-character")],
    [14, "no-break space", "123\u00a0456", invalid("forbidden-character")],
    [14, "zero-width space", "123\u200b456", invalid("forbidden-character")],
    [14, "byte order mark", "\ufeff123456", invalid("forbidden-character")],
    [14, "right-to-left mark", "\u200f+14155550100", invalid("forbidden-character")],
    [16, "NUL", "123456\0", invalid("forbidden-character")],
    [16, "CR LF", "123456\r\n", invalid("forbidden-character")],
    [16, "lone surrogate", "123456\ud800", invalid("forbidden-character")],
    [18, "E.164", "+14155550100", ok("+14155550100")],
    [18, "with punctuation", "+1 (415) 555-0100", ok("+14155550100")],
    [18, "with dots", "+1.415.555.0100", ok("+14155550100")],
    [18, "the + in brackets", "(+1) 415 555 0100", ok("+14155550100")],
    [18, "00 for +", "0014155550100", ok("+14155550100")],
    [18, "00 with punctuation", "00 1 (415) 555-0100", ok("+14155550100")],
    [18, "a trunk prefix in brackets", "+44 (0)20 7946 0958", ok("+442079460958")],
    [18, "Italy's zero is part of the number", "+39 06 1234 5678", ok("+390612345678")],
    [18, "an Argentine mobile as dialled at home", "+54 11 15 2345 6789", ok("+5491123456789")],
    [18, "possible, not valid", "+1 055 555 0100", ok("+10555550100")],
    [18, "a code of no country", "+800 1234 5678", ok("+80012345678")],
    [18, "a calling code nobody has", "+999 123456", invalid("not-international")],
    [18, "too short for its plan", "+1 415 555 010", invalid("not-international")],
    [18, "too long for its plan", "+1 415 555 0100 1", invalid("not-international")],
    [18, "longer than E.164, whatever its plan says", "+49 1234567890 12345", invalid("not-international")],
    [18, "two trunk prefixes", "+49 00 30 1234567", invalid("not-international")],
    [18, "no calling code begins with 0", "+014155550100", invalid("not-international")],
    [18, "00 and then 0", "00014155550100", invalid("not-international")],
    [18, "+ alone", "+", invalid("not-international")],
    [18, "00 alone", "00", invalid("not-international")],
    [18, "two +", "++14155550100", invalid("forbidden-character")],
    [18, "+ inside", "1+4155550100", invalid("forbidden-character")],
    [18, "00 and then +", "00+14155550100", invalid("forbidden-character")],
    [18, "a local number", "123456", ok("123456")],
    [18, "a local number with punctuation", "(123) 4-5.6", ok("123456")],
    [18, "a local number with a trunk prefix", "030 1234567", ok("0301234567")],
    [19, "3 digits", "911", ok("911")],
    [19, "2 digits", "91", invalid("too-short")],
    [19, "15 digits", "123456789012345", ok("123456789012345")],
    [19, "16 digits", "1234567890123456", invalid("too-long")],
    [19, "16 digits after a +", "+1234567890123456", invalid("not-international")],
    [19, "16 times one digit", "1111111111111111", invalid("too-long")],
    [19, "100 KB of digits", "1".repeat(100_000), invalid("too-long")],
    [19, "no digit at all", "()-.", invalid("too-short")],
    [19, "letters", "1-800-FLOWERS", invalid("forbidden-character")],
    [19, "an exponent", "1e5", invalid("forbidden-character")],
    [19, "an extension", "+14155550100 x12", invalid("forbidden-character")],
    [19, "an extension in words", "+14155550100 ext. 12", invalid("forbidden-character")],
    [19, "an extension of RFC 3966", "tel:+14155550100;ext=12", invalid("forbidden-character")],
    [19, "Arabic-Indic digits", "+١٤١٥٥٥٥٠١٠٠", invalid("forbidden-character")],
    [19, "full-width digits", "１２３４５６", invalid("forbidden-character")],
    [19, "a full-width +", "＋14155550100", invalid("forbidden-character")],
    [19, "a slash", "030/1234567", invalid("forbidden-character")],
    [20, "zeros", "0000000", junk],
    [20, "zeros with punctuation", "(000) 000-0000", junk],
    [20, "zeros after a +", "+0000000", junk],
    [20, "a run of keys", "1234567890", junk],
    [20, "a run of keys as an integer", 1234567890, junk],
    [20, "a run of keys behind a calling code", "+49 123456789", junk],
    [20, "one digit behind a calling code", "+1 (555) 555-5555", junk],
    [20, "a word", "Undefined", junk],
    [20, "what a form is told", "n/a", junk],
    [20, "four times one digit is a number", "1111", ok("1111")],
    [20, "so is 123456", "123456", ok("123456")],
    [20, "so is 717171", "717171", ok("717171")],
    [20, "so is 919191", "919191", ok("919191")],
  ])("INPUTS %i: %s", (_inputs, _sentence, raw, answer) => {
    expect(phone(raw)).toEqual(answer);
  });

  it.each<[sentence: string, region: string, raw: unknown, answer: unknown]>([
    ["a valid number gets its calling code", "US", "(415) 555-2671", ok("+14155552671")],
    ["so does an integer", "US", 4155552671, ok("+14155552671")],
    ["a trunk prefix goes", "DE", "030 1234567", ok("+49301234567")],
    ["Italy's stays", "IT", "06 1234 5678", ok("+390612345678")],
    ["an international number is not touched", "DE", "+1 415 555 2671", ok("+14155552671")],
    ["what is too short there stays local", "US", "123456", ok("123456")],
    ["what is possible but not valid there stays local", "US", "(415) 055-0100", ok("4150550100")],
    ["one digit many times is junk, valid or not", "IN", "99999 99999", junk],
    ["with its trunk prefix too", "IN", "0 99999 99999", junk],
  ])("with a default region, %s", (_sentence, phoneDefaultRegion, raw, answer) => {
    expect(createCanonicalizer({ phoneDefaultRegion }).phone(raw)).toEqual(answer);
  });

  it("refuses local numbers when strict, and those only", () => {
    const strict = createCanonicalizer({ phoneStrict: true, phoneDefaultRegion: "US" });
    expect(strict.phone("123456")).toEqual(invalid("local-number"));
    expect(strict.phone("415 555 2671")).toEqual(ok("+14155552671"));
    expect(strict.phone("+442079460958")).toEqual(ok("+442079460958"));
    expect(strict.phone("0000000")).toEqual(junk);
  });

  it.each(["us", "UK", "", "001", "__proto__", "toString"])(
    "does not start with the region %j",
    (phoneDefaultRegion) => {
      expect(() => createCanonicalizer({ phoneDefaultRegion })).toThrow(RangeError);
    },
  );
});
