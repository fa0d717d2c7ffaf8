import { getCountries } from "libphonenumber-js/core";
import metadata from "libphonenumber-js/metadata.min.json";
import { describe, expect, it } from "vitest";
import { isBuiltInJunk } from "./built-in-junk.ts";
import { createCanonicalizer } from "./canonicalizer.ts";

describe("isBuiltInJunk", () => {
  it.each([
    ...["null", "NULL", "undefined", "None", "n/a", "NA", "nil", "NaN", "[object Object]", "true", "False", "Unknown"],
    ...["Anonymous", "guest", "test@test.com", "TEST@EXAMPLE.COM", "no@email.com", "noemail@hillvalley.edu", "0000000"],
  ])("email %j is junk", (value) => {
    expect(isBuiltInJunk("email", value)).toBe(true);
  });

  it.each([
    ...[
      "null",
      "N/A",
      "undefined",
      "[object Object]",
      "NaN",
      "none",
      "00000",
      "0000000",
      "111111111111111",
      "1234567890",
    ],
    ...["123456789", "0123456789", "+15555555555", "+49123456789", "+0000000"],
  ])("phone %j is junk", (value) => {
    expect(isBuiltInJunk("phone", value)).toBe(true);
  });

  it.each([
    ...["mcfly@hillvalley.edu", "lorraine@hillvalley.edu", "george@hillvalley.edu", "biffsucks@hillvalley.edu"],
    ...["test@hillvalley.edu", "guest@hillvalley.edu", "none@hillvalley.edu", "someone@example.com", "null", ""].slice(
      0,
      4,
    ),
    ...["nullable@hillvalley.edu", "test@test.com.de", "atest@test.com", "noemail@", "", "@"],
  ])("email %j is not junk", (value) => {
    expect(isBuiltInJunk("email", value)).toBe(false);
  });

  it.each([
    ...[
      "123456",
      "717171",
      "919191",
      "0000",
      "1111",
      "111111",
      "5555555",
      "777777777",
      "12345678901",
      "11111111111111111",
      "+14155550100",
      "+1234567890",
    ],
    ...["+", "", "+999", "1e5"],
  ])("phone %j is not junk", (value) => {
    expect(isBuiltInJunk("phone", value)).toBe(false);
  });

  it("does not depend on the region a number is read in", () => {
    const oneDigit = [5, 6, 7, 8, 9, 10, 11, 12, 15].map((n) => "0".repeat(n));
    for (const phoneDefaultRegion of getCountries(metadata)) {
      const { phone } = createCanonicalizer({ phoneDefaultRegion });
      for (const placeholder of [...oneDigit, "123456789", "1234567890", "0123456789"]) {
        expect(phone(placeholder), `${placeholder} in ${phoneDefaultRegion}`).toEqual({ kind: "junk" });
      }
    }
  });
});
