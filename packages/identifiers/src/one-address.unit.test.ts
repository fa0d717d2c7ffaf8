/**
 * Two spellings of one address never become two identifiers, and two addresses never one: whatever spelling an
 * address is given, canonicalising finds that address again, and no other.
 */
import { domainToUnicode } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCanonicalizer } from "./canonicalizer.ts";

const { email, phone } = createCanonicalizer({});

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/).filter((text) => !text.startsWith("xn--"));
const unicodeLabel = fc.constantFrom(
  "ü",
  "bücher",
  "straße",
  "日本語",
  "пример",
  "παράδειγμα",
  "é",
  "ﬁsh",
  "한국",
  "אבג",
);
const domain = fc
  .tuple(
    fc.array(fc.oneof(label, unicodeLabel), { minLength: 1, maxLength: 3 }),
    fc.constantFrom("com", "de", "co.uk", "みんな"),
  )
  .map(([labels, top]) => [...labels, top].join("."));
const local = fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,8}(\.[a-z0-9+_-]{1,8})?$/);

/** One address, in its canonical form. */
const address = fc
  .tuple(local, domain)
  .map(([before, after]) => email(`${before}@${after}`))
  .filter((answer) => answer.kind === "ok")
  .map((answer) => answer.value);

/** Something a person or a program may do to a domain without meaning another one. */
const respell = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => text.replace(/@.*/, (host) => `@${domainToUnicode(host.slice(1))}`),
  (text) => text.replace(/@.*/, (host) => `@${domainToUnicode(host.slice(1)).normalize("NFD")}`),
  (text) => text.replace(/@.*/, (host) => host.replaceAll(".", "\u3002")),
  (text) => text.replace(/@.*/, (host) => host.replaceAll("k", "\u212a")),
  (text) => text.replace(/@.*/, (host) => host.replace(/[a-z]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0))),
);

describe("one address, one identifier", () => {
  it("finds an email in each of its spellings", () => {
    fc.assert(
      fc.property(address, fc.boolean(), respell, respell, fc.nat(3), (canonical, isUpper, first, second, spaces) => {
        const spelling = second(first(isUpper ? canonical.toUpperCase() : canonical));
        const outer = " ".repeat(spaces);
        expect(email(outer + spelling + outer)).toEqual({ kind: "ok", value: canonical });
      }),
      { numRuns: 3_000 },
    );
  });

  it("keeps two emails apart", () => {
    fc.assert(
      fc.property(local, label, local, label, (a, hostA, b, hostB) => {
        const [first, second] = [`${a}@${hostA}.com`, `${b}@${hostB}.com`];
        const [x, y] = [email(first), email(second)];
        if (x.kind === "ok" && y.kind === "ok") expect(x.value === y.value).toBe(first === second);
      }),
    );
  });

  it("takes apart what differs in one character of the local part, letter case aside", () => {
    fc.assert(
      fc.property(local, fc.nat(), fc.constantFrom(..."abz09._+-'"), (text, at, other) => {
        const place = at % text.length;
        const changed = text.slice(0, place) + other + text.slice(place + 1);
        const [x, y] = [email(`${text}@hillvalley.edu`), email(`${changed}@hillvalley.edu`)];
        if (x.kind === "ok" && y.kind === "ok") expect(x.value === y.value).toBe(text === changed);
      }),
    );
  });
});

/** One number, in its canonical form. */
const number = fc
  .tuple(
    fc.constantFrom("1", "44", "49", "39", "33", "7", "54", "55", "52", "91", "36", "375", "800", "262", "61"),
    fc.stringMatching(/^[1-9][0-9]{4,12}$/),
  )
  .map(([code, national]) => phone(`+${code}${national}`))
  .filter((answer) => answer.kind === "ok")
  .map((answer) => answer.value);

const localNumber = fc
  .stringMatching(/^[1-9][0-9]{2,14}$/)
  .map((digits) => phone(digits))
  .filter((answer) => answer.kind === "ok")
  .map((answer) => answer.value);

/** Punctuation before any character. */
const punctuate = fc.array(fc.constantFrom("", "", "", " ", "-", ".", "(", ")", ") "), {
  minLength: 16,
  maxLength: 16,
});

describe("one number, one identifier", () => {
  it("finds a number in each of its spellings", () => {
    fc.assert(
      fc.property(number, fc.constantFrom("+", "00"), punctuate, (canonical, plus, marks) => {
        const spelling = [plus, ...canonical.slice(1)].map((part, place) => `${marks[place]}${part}`).join("");
        expect(phone(` ${spelling}  `)).toEqual({ kind: "ok", value: canonical });
      }),
      { numRuns: 3_000 },
    );
  });

  it("finds a local number in each of its spellings, as an integer too", () => {
    fc.assert(
      fc.property(localNumber, punctuate, (canonical, marks) => {
        const spelling = [...canonical].map((digit, place) => `${marks[place]}${digit}`).join("");
        expect(phone(spelling)).toEqual({ kind: "ok", value: canonical });
        expect(phone(Number(canonical))).toEqual({ kind: "ok", value: canonical });
      }),
    );
  });

  it("keeps two numbers apart, and a local one from an international one", () => {
    fc.assert(
      fc.property(fc.oneof(number, localNumber), fc.oneof(number, localNumber), (a, b) => {
        const [x, y] = [phone(a), phone(b)];
        expect(x).toEqual({ kind: "ok", value: a });
        expect(y).toEqual({ kind: "ok", value: b });
      }),
    );
  });

  it("gives a number dialled at home and one dialled from abroad the same form", () => {
    const numbers: [string, string, string][] = [
      ["US", "415 555 2671", "+1 415 555 2671"],
      ["US", "1 415 555 2671", "+1 415 555 2671"],
      ["GB", "020 7946 0958", "+44 20 7946 0958"],
      ["DE", "030 1234567", "+49 30 1234567"],
      ["IT", "06 1234 5678", "+39 06 1234 5678"],
      ["RU", "8 800 555 35 35", "+7 800 555 35 35"],
      ["AR", "011 15 2345 6789", "+54 9 11 2345 6789"],
      ["US", "011 44 20 7946 0958", "+44 20 7946 0958"],
    ];
    for (const [phoneDefaultRegion, atHome, abroad] of numbers) {
      const there = createCanonicalizer({ phoneDefaultRegion });
      expect(there.phone(atHome)).toEqual(there.phone(abroad));
      expect(there.phone(abroad)).toEqual(phone(abroad));
    }
  });
});
