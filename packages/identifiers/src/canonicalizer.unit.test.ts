/** What holds for every input: an answer of the closed set, and what is accepted is its own canonical form. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isBuiltInJunk } from "./built-in-junk.ts";
import { isCanonicalEmail } from "./canonical-email.ts";
import { isCanonicalPhone } from "./canonical-phone.ts";
import { createCanonicalizer } from "./canonicalizer.ts";

const { email, phone } = createCanonicalizer({});

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
