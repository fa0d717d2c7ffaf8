/** The fields of requests, described for whoever reads the published documents; the services check them by hand. */
import { z } from "zod";

/** Printable ASCII: what a header can carry. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/)
  .describe("The event's name for retries: the same key again changes nothing.");

/** The forms themselves are more than JSON Schema can say; docs/inputs.md has them. */
export const emailText = z.string().max(1_024).meta({ format: "idn-email" });
export const phoneText = z.string().max(1_024).meta({ format: "phone" });

/** Means: none. */
const blank = z.string().max(1_024).regex(/^ *$/);

export const email = z
  .union([emailText, blank, z.null()])
  .describe(
    "An email address. Upper case and outer spaces do not matter; a domain may be in any script. null, empty and blank mean: none.",
  );

export const phoneNumber = z
  .union([phoneText, blank, z.int().min(100).max(999_999_999_999_999), z.null()])
  .describe(
    "A phone number: with + or 00 an international one, otherwise a local one of 3 to 15 digits; spaces, brackets, dots and hyphens do not matter. null, empty and blank mean: none.",
  );

/** Without control characters, 1 to 255 octets of UTF-8. */
const shortText = z.string().min(1).max(255).meta({ pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" });

export const eventId = shortText.describe("The event's name for retries. Kith makes one where there is none.");
export const orderId = shortText.describe("The order's own number; kept with the contact it brought.");
export const source = shortText.describe("Where the order comes from; kept in the record.");
export const occurredAt = z
  .string()
  .max(64)
  .meta({ format: "date-time" })
  .nullable()
  .describe("When it happened, in RFC 3339. Kept in the record; it never decides age.");
export const seenAt = z
  .int()
  .nonnegative()
  .nullable()
  .describe("Only with a key of scope import: the observation's age, in microseconds since 1970.");

export const receipt = z
  .string()
  .regex(/^[A-Za-z0-9_-]{55}$/)
  .meta({ format: "kith-receipt" })
  .describe("An order's receipt. It says where the order lies in the log, and nothing about anybody.");
export const waitMs = z
  .number()
  .nonnegative()
  .describe("How long to wait until the receipt's order is in, in milliseconds; 30,000 at the most.");

/** What JSON Schema says of "one of the two at least". */
export const ONE_OF_TWO = {
  anyOf: [
    { required: ["email"], properties: { email: { type: "string", pattern: "[^ ]" } } },
    { required: ["phoneNumber"], properties: { phoneNumber: { type: ["string", "integer"], pattern: "[^ ]" } } },
  ],
};
