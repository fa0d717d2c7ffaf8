import { hash } from "node:crypto";

const HEX_DIGITS = Buffer.from("0123456789abcdef");
// Where each octet's two digits stand in a UUID.
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const VERSION_OCTET = 6;
const VARIANT_OCTET = 8;
// Written anew for each id: one string comes out of it, where slices put together would be a dozen until they are joined.
const digits = Buffer.alloc(36, "-");

/**
 * The id of an observation: UUIDv8 of SHA-256 over UTF-8 `eventId NUL email NUL phone` (absent = empty), so that it is
 * bound to the content: a re-used event id with another body is another observation.
 *
 * @example
 * observationId("evt-1", "lorraine@hillvalley.edu", "123456") // "6864fe50-21b4-8653-aab0-29e7e5918993"
 */
export function observationId(eventId: string, email: string | undefined, phone: string | undefined): string {
  const octets = hash("sha256", `${eventId}\0${email ?? ""}\0${phone ?? ""}`, "binary");
  for (let index = 0; index < PLACES.length; index++) {
    const place = PLACES[index]!;
    let octet = octets.charCodeAt(index);
    if (index === VERSION_OCTET) octet = (octet & 0x0f) | 0x80;
    if (index === VARIANT_OCTET) octet = (octet & 0x3f) | 0x80;
    digits[place] = HEX_DIGITS[octet >> 4]!;
    digits[place + 1] = HEX_DIGITS[octet & 0x0f]!;
  }
  return digits.toString("latin1");
}
