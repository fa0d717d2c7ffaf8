import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalDomain, domainByUts46 } from "./canonical-domain.ts";

const piece = fc.oneof(
  fc.constantFrom(..."abzABZ09-.", "..", "--", "xn--", "XN--", "xn--tda", "tda", "_", "@", "*", " ", "0x", "255"),
  fc.constantFrom(
    "ü",
    "Ü",
    "u\u0308",
    "ß",
    "ẞ",
    "\u212a",
    "\u0130",
    "\u0307",
    "\u200d",
    "。",
    "א",
    "١",
    "😀",
    "\ud800",
    "ς",
  ),
  fc.string({ unit: "binary", maxLength: 2 }),
);
const text = fc.oneof(
  fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join("")),
  fc.stringMatching(/^([a-zA-Z0-9-]{0,64}\.){1,6}[a-zA-Z0-9-]{0,10}$/),
);

describe("canonicalDomain", () => {
  it("gives the same answer on its fast way as UTS #46 alone", () => {
    fc.assert(
      fc.property(text, (domain) => {
        expect(canonicalDomain(domain)).toBe(domainByUts46(domain));
      }),
      { numRuns: 10_000 },
    );
  });

  it("takes 253 octets and not one more", () => {
    const longest = `${"d".repeat(49)}.`.repeat(5).concat("com");
    expect(canonicalDomain(longest)).toBe(longest);
    expect(canonicalDomain(`d${longest}`)).toBeUndefined();
    expect(domainByUts46(`d${longest}`)).toBeUndefined();
  });

  it("takes no character the runtime does not know, though the tables may", () => {
    for (let codePoint = 0x1f000; codePoint <= 0x1faff; codePoint++) {
      const character = String.fromCodePoint(codePoint);
      if (/\p{Cn}/u.test(character)) expect(canonicalDomain(`a${character}.de`)).toBeUndefined();
    }
  });

  it("is its own canonical form, in punycode too", () => {
    fc.assert(
      fc.property(text, (domain) => {
        const canonical = canonicalDomain(domain);
        if (canonical === undefined) return;
        expect(canonicalDomain(canonical)).toBe(canonical);
        expect(domainByUts46(canonical)).toBe(canonical);
        expect(canonical).toMatch(/^[a-z0-9.-]+$/);
      }),
      { numRuns: 10_000 },
    );
  });

  it("maps by the Unicode tables this NORM_VERSION was made with", () => {
    // When this fails the tables were updated: canonical forms may change with them, and then so must NORM_VERSION.
    const tables = createRequire(import.meta.url)("tr46/lib/mappingTable.json") as unknown;
    expect(createHash("sha256").update(JSON.stringify(tables)).digest("hex")).toBe(
      "82ae922b231ebc91e7f9f7d761dd62a68d49698878a55f79e43e83cd435dc448",
    );
  });
});
