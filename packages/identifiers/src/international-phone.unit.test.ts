import { createHash } from "node:crypto";
import fc from "fast-check";
import metadata from "libphonenumber-js/metadata.min.json";
import { describe, expect, it } from "vitest";
import { internationalByLibrary, internationalPhone } from "./international-phone.ts";
import { findPlan } from "./numbering-plans.ts";

const callingCodes = [...Object.keys(metadata.country_calling_codes), ...Object.keys(metadata.nonGeographic)];
const digits = fc.stringMatching(/^[0-9]{0,17}$/);
/** Leaning towards what the library might take for a trunk prefix or a carrier code. */
const national = fc
  .tuple(fc.constantFrom("", "0", "00", "1", "8", "80", "06", "9", "15", "01511", "44", "11"), digits)
  .map((parts) => parts.join(""));

describe("internationalPhone", () => {
  it("answers as the library alone does, for every calling code and length", () => {
    for (const code of callingCodes) {
      for (let length = 0; length <= 17; length++) {
        for (const pattern of [
          "2345678901234567890",
          "0123456789012345678",
          "1234567890123456789",
          "8001234567890123456",
          "9115234567890123456",
        ]) {
          const number = code + pattern.slice(0, length);
          expect(internationalPhone(number), `+${number}`).toBe(internationalByLibrary(number));
        }
      }
    }
  });

  it("answers as the library alone does, for random numbers", () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...callingCodes), digits), national, (code, rest) => {
        expect(internationalPhone(code + rest)).toBe(internationalByLibrary(code + rest));
      }),
      { numRuns: 20_000 },
    );
  });

  it("gives a form that is its own form and no longer than E.164", () => {
    fc.assert(
      fc.property(fc.constantFrom(...callingCodes), national, (code, rest) => {
        const canonical = internationalPhone(code + rest);
        if (canonical === undefined) return;
        expect(internationalPhone(canonical.slice(1))).toBe(canonical);
        expect(canonical).toMatch(/^\+[1-9][0-9]{2,14}$/);
      }),
      { numRuns: 10_000 },
    );
  });

  it("knows every calling code, and none that begins another", () => {
    for (const code of callingCodes) {
      expect(findPlan(`${code}5551234`)?.callingCode).toBe(code);
    }
    expect(findPlan("")).toBeUndefined();
    expect(findPlan("0")).toBeUndefined();
  });

  it("reads numbers by the metadata this NORM_VERSION was made with", () => {
    // When this fails the metadata was updated. Which trunk prefixes are taken off may have changed, and what is
    // possible: if any number gets another canonical form, NORM_VERSION must be raised.
    expect(createHash("sha256").update(JSON.stringify(metadata)).digest("hex")).toBe(
      "48961aae7cd20875a8f3abdf6f9b04ffdc15b9d0e6d8c6fb8db74a249d6a48a9",
    );
  });
});
