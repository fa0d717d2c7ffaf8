import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { observationId } from "./observation-id.ts";

it("is the id that other programs compute", () => {
  expect(observationId("evt-1", "lorraine@hillvalley.edu", "123456")).toBe("6864fe50-21b4-8653-aab0-29e7e5918993");
});

it("is SHA-256 in the form of a UUID of version 8, whatever the texts", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(
      text,
      fc.option(text, { nil: undefined }),
      fc.option(text, { nil: undefined }),
      (event, email, phone) => {
        const sha = createHash("sha256")
          .update(`${event}\0${email ?? ""}\0${phone ?? ""}`)
          .digest("hex");
        const id = observationId(event, email, phone);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        // All digits but those of the version and half of the variant's are the hash's.
        const digits = id.replaceAll("-", "");
        expect(digits.slice(0, 12) + digits.slice(13, 16) + digits.slice(17)).toBe(
          sha.slice(0, 12) + sha.slice(13, 16) + sha.slice(17, 32),
        );
        expect(Number.parseInt(digits[16]!, 16) & 3).toBe(Number.parseInt(sha[16]!, 16) & 3);
      },
    ),
  );
});
