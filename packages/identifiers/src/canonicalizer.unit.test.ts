/** The table of inputs 10-20 as far as identifiers decide it, and the two promises: one address one identifier. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isBuiltInJunk } from "./built-in-junk.ts";
import { isCanonicalEmail } from "./canonical-email.ts";
import { isCanonicalPhone } from "./canonical-phone.ts";
import { createCanonicalizer } from "./canonicalizer.ts";

const { email, phone } = createCanonicalizer({});
const ok = (value: string) => ({ kind: "ok", value });
const invalid = (reason: string) => ({ kind: "invalid", reason });
const absent = { kind: "absent" };
const junk = { kind: "junk" };

const A64 = "a".repeat(64);
/** A domain of exactly `octets` octets, none of its labels above 63. */
const domainOf = (octets: number) =>
  `${`${"d".repeat(49)}.`.repeat(Math.floor((octets - 3) / 50))}`.padEnd(octets - 3, "e").concat(".de");

describe("email", () => {
  it.each<[inputs: number, sentence: string, raw: unknown, answer: unknown]>([
    [10, "missing is absent", undefined, absent],
    [10, "null is absent", null, absent],
    [10, "empty is absent", "", absent],
    [10, "only spaces is absent", "    ", absent],
    [10, "another blank is not a space", "\t", invalid("forbidden-character")],
    [12, "a number is no email", 5, invalid("wrong-type")],
    [12, "a boolean is no email", true, invalid("wrong-type")],
    [12, "an array is no email", ["a@b.de"], invalid("wrong-type")],
    [12, "an object is no email", { toString: () => "a@b.de" }, invalid("wrong-type")],
    [12, "a String object is no email", new String("a@b.de"), invalid("wrong-type")],
    [12, "a symbol is no email", Symbol("a@b.de"), invalid("wrong-type")],
    [13, "no @", "mcfly.hillvalley.edu", invalid("at-sign")],
    [13, "two @", "mc@fly@hillvalley.edu", invalid("at-sign")],
    [13, "a quoted @", '"mc@fly"@hillvalley.edu', invalid("at-sign")],
    [13, "a quoted local part", '"mcfly"@hillvalley.edu', invalid("local-part")],
    [13, "nothing before the @", "@hillvalley.edu", invalid("local-part")],
    [13, "nothing after the @", "mcfly@", invalid("domain")],
    [13, "leading dot", ".mcfly@hillvalley.edu", invalid("local-part")],
    [13, "trailing dot", "mcfly.@hillvalley.edu", invalid("local-part")],
    [13, "two dots", "mc..fly@hillvalley.edu", invalid("local-part")],
    [13, "inner space", "mc fly@hillvalley.edu", invalid("forbidden-character")],
    [13, "space beside the @", "mcfly@ hillvalley.edu", invalid("forbidden-character")],
    [13, "a name before the address", "Marty <mcfly@hillvalley.edu>", invalid("forbidden-character")],
    [13, "one label", "mcfly@localhost", invalid("domain")],
    [13, "a trailing dot of the domain", "mcfly@hillvalley.edu.", invalid("domain")],
    [13, "an empty label", "mcfly@hillvalley..edu", invalid("domain")],
    [13, "a leading hyphen", "mcfly@-hillvalley.edu", invalid("domain")],
    [13, "a trailing hyphen", "mcfly@hillvalley-.edu", invalid("domain")],
    [13, "an underscore in the domain", "mcfly@hill_valley.edu", invalid("domain")],
    [13, "an IP literal", "mcfly@[127.0.0.1]", invalid("domain")],
    [13, "an IPv6 literal", "mcfly@[IPv6:::1]", invalid("domain")],
    [13, "an IP address", "mcfly@1.2.3.4", invalid("domain")],
    [13, "an IP address in hexadecimal", "mcfly@127.0x1", invalid("domain")],
    [13, "a label of 63", `a@${"d".repeat(63)}.de`, ok(`a@${"d".repeat(63)}.de`)],
    [13, "a label of 64", `a@${"d".repeat(64)}.de`, invalid("domain")],
    [13, "254 octets", `a@${domainOf(252)}`, ok(`a@${domainOf(252)}`)],
    [13, "255 octets", `aa@${domainOf(252)}`, invalid("too-long")],
    [13, "254 octets with the longest local part", `${A64}@${domainOf(189)}`, ok(`${A64}@${domainOf(189)}`)],
    [13, "local part of 64", `${A64}@hillvalley.edu`, ok(`${A64}@hillvalley.edu`)],
    [13, "local part of 65", `a${A64}@hillvalley.edu`, invalid("too-long")],
    [13, "100 KB", `${"a".repeat(100_000)}@hillvalley.edu`, invalid("too-long")],
    [14, "upper case", "McFly@HillValley.EDU", ok("mcfly@hillvalley.edu")],
    [14, "outer spaces", "  mcfly@hillvalley.edu   ", ok("mcfly@hillvalley.edu")],
    [14, "outer tab", "\tmcfly@hillvalley.edu", invalid("forbidden-character")],
    [14, "outer line feed", "mcfly@hillvalley.edu\n", invalid("forbidden-character")],
    [14, "outer no-break space", "\u00a0mcfly@hillvalley.edu", invalid("forbidden-character")],
    [14, "inner no-break space", "mc\u00a0fly@hillvalley.edu", invalid("forbidden-character")],
    [14, "zero-width space", "mc\u200bfly@hillvalley.edu", invalid("forbidden-character")],
    [14, "zero-width space in the domain", "mcfly@hill\u200bvalley.edu", invalid("forbidden-character")],
    [14, "zero-width joiner in the domain", "mcfly@hill\u200dvalley.edu", invalid("forbidden-character")],
    [14, "soft hyphen in the domain", "mcfly@hill\u00advalley.edu", invalid("forbidden-character")],
    [14, "variation selector in the domain", "mcfly@hillvalley\ufe0f.edu", invalid("forbidden-character")],
    [14, "byte order mark", "\ufeffmcfly@hillvalley.edu", invalid("forbidden-character")],
    [14, "ideographic space", "mcfly@hillvalley.edu\u3000", invalid("forbidden-character")],
    [15, "a domain beyond ASCII", "mcfly@Ü.de", ok("mcfly@xn--tda.de")],
    [15, "its punycode", "mcfly@XN--TDA.de", ok("mcfly@xn--tda.de")],
    [15, "its letter and mark apart", "mcfly@u\u0308.de", ok("mcfly@xn--tda.de")],
    [15, "sharp s stays", "mcfly@straße.de", ok("mcfly@xn--strae-oqa.de")],
    [15, "ss is another domain", "mcfly@strasse.de", ok("mcfly@strasse.de")],
    [15, "ideographic full stop", "mcfly@hillvalley。edu", ok("mcfly@hillvalley.edu")],
    [15, "full-width letters in the domain", "mcfly@ｈｉｌｌvalley.edu", ok("mcfly@hillvalley.edu")],
    [15, "Kelvin sign in the domain is the k it looks like", "mcfly@\u212aith.edu", ok("mcfly@kith.edu")],
    [15, "broken punycode", "mcfly@xn--a.de", invalid("domain")],
    [15, "punycode of plain ASCII", "mcfly@xn--hillvalley-.edu", invalid("domain")],
    [15, "é in the local part", "mcfl\u00e9@hillvalley.edu", invalid("local-part")],
    [15, "é in two in the local part", "mcfle\u0301@hillvalley.edu", invalid("local-part")],
    [15, "Kelvin sign in the local part", "\u212aith@hillvalley.edu", invalid("local-part")],
    [15, "dotted I in the local part", "\u0130@hillvalley.edu", invalid("local-part")],
    [15, "dotted I in the domain", "mcfly@h\u0130llvalley.edu", invalid("domain")],
    [15, "i with an extra dot in the domain", "mcfly@hi\u0307llvalley.edu", invalid("domain")],
    [15, "long s in the local part", "\u017fam@hillvalley.edu", invalid("local-part")],
    [15, "full-width @ alone", "mcfly\uff20hillvalley.edu", invalid("at-sign")],
    [15, "full-width @ in the domain", "mcfly@hill\uff20valley.edu", invalid("domain")],
    [15, "full-width letters in the local part", "ｍcfly@hillvalley.edu", invalid("local-part")],
    [15, "emoji in the local part", "mcfly😀@hillvalley.edu", invalid("local-part")],
    [15, "right-to-left override", "mcfly@\u202ehillvalley.edu", invalid("forbidden-character")],
    [15, "right-to-left override before the @", "\u202emcfly@hillvalley.edu", invalid("forbidden-character")],
    [15, "left-to-right label with a right-to-left letter", "mcfly@a\u05d0.edu", invalid("domain")],
    [16, "NUL", "mcfly\0@hillvalley.edu", invalid("forbidden-character")],
    [16, "control character", "mcfly\u0007@hillvalley.edu", invalid("forbidden-character")],
    [16, "DEL", "mcfly\u007f@hillvalley.edu", invalid("forbidden-character")],
    [16, "C1 control", "mcfly@hill\u0085valley.edu", invalid("forbidden-character")],
    [16, "CR LF", "mcfly@hillvalley.edu\r\nBcc: biff@hillvalley.edu", invalid("forbidden-character")],
    [16, "lone surrogate", "mcfly@\ud800.edu", invalid("not-well-formed")],
    [16, "surrogates the wrong way round", "mcfly\udc00\ud800@hillvalley.edu", invalid("not-well-formed")],
    [17, "an apostrophe is fine", "o'brien@hillvalley.edu", ok("o'brien@hillvalley.edu")],
    [17, "so is $1", "$1@hillvalley.edu", ok("$1@hillvalley.edu")],
    [17, "and two hyphens", "a--b@hill--valley.edu", ok("a--b@hill--valley.edu")],
    [17, "but not a semicolon", "a;b@hillvalley.edu", invalid("local-part")],
    [20, "a placeholder", "test@test.com", junk],
    [20, "a placeholder in another spelling", " TEST@ｔｅｓｔ.com", junk],
    [20, "a word", "NULL", junk],
    [20, "what a script prints", "[object Object]", junk],
    [20, "what a form is told", " N/A ", junk],
    [20, "any domain of a nobody", "NoEmail@hillvalley.edu", junk],
    [20, "a placeholder with a NUL is no placeholder", "null@hillvalley\0.edu", invalid("forbidden-character")],
    [20, "a person's address is none", "lorraine@hillvalley.edu", ok("lorraine@hillvalley.edu")],
    [20, "nor is this", "biffsucks@hillvalley.edu", ok("biffsucks@hillvalley.edu")],
  ])("INPUTS %i: %s", (_inputs, _sentence, raw, answer) => {
    expect(email(raw)).toEqual(answer);
  });

  it("keeps dots and +tags apart, at Gmail too", () => {
    const spellings = ["mcfly@gmail.com", "mc.fly@gmail.com", "mcfly+shop@gmail.com"];
    expect(spellings.map((spelling) => email(spelling))).toEqual(spellings.map(ok));
  });
});

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

/** Anything, with a leaning towards what almost is an email or a phone. */
const nearly = fc.oneof(
  fc.anything(),
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom(..."aZ0@.-+_' ", "\0", "ü", "u\u0308", "\u212a", "\u0130", "\u200d", "ß", "。", "xn--", "א"),
  }),
  fc.string({ unit: fc.constantFrom(..."0123456789+ ().-x", "٣", "３"), maxLength: 20 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 }).map((units) => String.fromCharCode(...units)),
  fc.double(),
  fc.maxSafeNat(),
);

const settings = fc.constantFrom<Parameters<typeof createCanonicalizer>[0]>(
  {},
  { phoneStrict: true },
  ...["US", "DE", "IT", "AR", "RU", "HU", "BR", "MX"].map((phoneDefaultRegion) => ({ phoneDefaultRegion })),
);

describe("for every input", () => {
  it("answers without throwing; what is accepted is canonical, never junk, and is its own canonical form", () => {
    fc.assert(
      fc.property(nearly, settings, (raw, options) => {
        const canonicalizer = createCanonicalizer(options);
        const anEmail = canonicalizer.email(raw);
        if (anEmail.kind === "ok") {
          expect(isCanonicalEmail(anEmail.value)).toBe(true);
          expect(isBuiltInJunk("email", anEmail.value)).toBe(false);
          expect(canonicalizer.email(anEmail.value)).toEqual(anEmail);
        }
        const aPhone = canonicalizer.phone(raw);
        if (aPhone.kind === "ok") {
          expect(isCanonicalPhone(aPhone.value)).toBe(true);
          expect(isBuiltInJunk("phone", aPhone.value)).toBe(false);
          expect(canonicalizer.phone(aPhone.value)).toEqual(aPhone);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it("says canonical of a text exactly when canonicalising leaves it as it is", () => {
    fc.assert(
      fc.property(nearly, (raw) => {
        if (typeof raw !== "string") return;
        // Junk hides whether a text is canonical; everything else shows it.
        const [anEmail, aPhone] = [email(raw), phone(raw)];
        if (anEmail.kind !== "junk") expect(isCanonicalEmail(raw)).toBe(anEmail.kind === "ok" && anEmail.value === raw);
        if (aPhone.kind !== "junk") expect(isCanonicalPhone(raw)).toBe(aPhone.kind === "ok" && aPhone.value === raw);
      }),
      { numRuns: 5_000 },
    );
  });

  it("refuses with a reason from the closed set, which never is the value", () => {
    fc.assert(
      fc.property(nearly, (raw) => {
        for (const answer of [email(raw), phone(raw)]) {
          if (answer.kind === "invalid")
            expect(answer.reason).toMatch(
              /^(wrong-type|too-long|too-short|not-well-formed|forbidden-character|at-sign|local-part|domain|not-international|local-number)$/,
            );
        }
      }),
    );
  });
});
