import { hash } from "node:crypto";

/**
 * The id of an observation: UUIDv8 of SHA-256 over UTF-8 `eventId NUL email NUL phone` (absent = empty), so that it is
 * bound to the content: a re-used event id with another body is another observation.
 *
 * @example
 * observationId("evt-1", "lorraine@hillvalley.edu", "123456") // "6864fe50-21b4-8653-aab0-29e7e5918993"
 */
export function observationId(eventId: string, email: string | undefined, phone: string | undefined): string {
  const h = hash("sha256", `${eventId}\0${email ?? ""}\0${phone ?? ""}`, "hex");
  const variant = ((Number.parseInt(h.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-8${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20, 32)}`;
}
