/** Records of `order.identity`: those that can never be applied, with the code they get, and good ones to go around them. */
import type { DeadLetterCode } from "@kith/contracts";

export type Headers = Record<string, string | Buffer>;
export type Given = {
  /** Of the table of inputs. */
  readonly row: number;
  readonly name: string;
  readonly value: Buffer | string | null;
  readonly key?: Buffer | string | null;
};
export type Bad = Given & { readonly code: DeadLetterCode };

/** A good observation, with fields changed. `undefined` leaves a field out. */
export function record(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({ v: 1, eventId: "evt", email: "good@x.io", seenAt: 1, normVersion: 1, ...changes });
}

const HOUR_US = 3_600_000_000;
const nowUs = Date.now() * 1_000;

export const BAD_RECORDS: readonly Bad[] = [
  { row: 40, code: "not-json", name: "null", value: null, key: "somebody@x.io" },
  { row: 40, code: "not-json", name: "null, without a key", value: null, key: null },
  { row: 40, code: "not-json", name: "empty", value: "" },
  { row: 40, code: "not-json", name: "spaces", value: "   " },
  { row: 40, code: "not-json", name: "random bytes", value: Buffer.from("00ff80c0c1fe9d1b7a", "hex") },
  { row: 40, code: "not-json", name: "a kilobyte of zeros", value: Buffer.alloc(1_024) },
  { row: 40, code: "not-json", name: "text", value: "an order, honestly" },
  { row: 40, code: "not-json", name: "cut off", value: record().slice(0, -1) },
  { row: 40, code: "not-json", name: "two objects", value: record() + record() },
  { row: 40, code: "not-json", name: "an array", value: `[${record()}]` },
  { row: 40, code: "not-json", name: "a string", value: '"evt"' },
  { row: 40, code: "not-json", name: "a number", value: "1" },
  { row: 40, code: "not-json", name: "JSON's null", value: "null" },
  { row: 40, code: "not-json", name: "10,000 arrays deep", value: "[".repeat(10_000) },
  { row: 40, code: "not-json", name: "UTF-16", value: Buffer.from(record(), "utf16le") },

  { row: 40, code: "unknown-version", name: "v 2", value: record({ v: 2 }) },
  { row: 40, code: "unknown-version", name: "v 0 and nothing else", value: '{"v":0}' },

  { row: 40, code: "schema", name: "an empty object", value: "{}" },
  { row: 40, code: "schema", name: "no v", value: record({ v: undefined }) },
  { row: 40, code: "schema", name: "v as text", value: record({ v: "1" }) },
  { row: 40, code: "schema", name: "no eventId", value: record({ eventId: undefined }) },
  { row: 40, code: "schema", name: "an empty eventId", value: record({ eventId: "" }) },
  { row: 40, code: "schema", name: "eventId as number", value: record({ eventId: 7 }) },
  { row: 40, code: "schema", name: "email as number", value: record({ email: 7 }) },
  { row: 40, code: "schema", name: "email as object", value: record({ email: { toString: "x" } }) },
  { row: 40, code: "schema", name: "phone as number", value: record({ phone: 123_456 }) },
  { row: 40, code: "schema", name: "orderId null", value: record({ orderId: null }) },
  { row: 40, code: "schema", name: "no normVersion", value: record({ normVersion: undefined }) },
  { row: 40, code: "schema", name: "normVersion as fraction", value: record({ normVersion: 1.5 }) },
  { row: 40, code: "schema", name: "dropped names no field", value: record({ dropped: ["colour"] }) },

  { row: 40, code: "no-identifier", name: "neither email nor phone", value: record({ email: undefined }) },

  { row: 45, code: "text", name: "NUL in the email", value: record({ email: "a\0b@x.io" }) },
  { row: 45, code: "text", name: "NUL in the eventId", value: record({ eventId: "evt\0" }) },
  { row: 45, code: "text", name: "a lone surrogate", value: record({ orderId: "\ud800" }) },
  { row: 45, code: "text", name: "a lone low surrogate in the email", value: record({ email: "\udfff@x.io" }) },
  {
    row: 45,
    code: "text",
    name: "invalid UTF-8 in a string",
    value: Buffer.concat([Buffer.from('{"v":1,"eventId":"'), Buffer.from([0xff]), Buffer.from(record().slice(18))]),
  },

  { row: 43, code: "too-long", name: "an email of 255 octets", value: record({ email: `${"a".repeat(250)}@x.io` }) },
  { row: 43, code: "too-long", name: "an email of 100 KB", value: record({ email: `${"a".repeat(100_000)}@x.io` }) },
  { row: 43, code: "too-long", name: "an email of 900 KB", value: record({ email: `${"a".repeat(900_000)}@x.io` }) },
  { row: 43, code: "too-long", name: "an eventId of 256 octets", value: record({ eventId: "é".repeat(128) }) },
  { row: 43, code: "too-long", name: "an orderId of 256 octets", value: record({ orderId: "o".repeat(256) }) },
  { row: 43, code: "too-long", name: "a phone of 40 digits", value: record({ phone: "1".repeat(40) }) },

  { row: 44, code: "not-canonical", name: "upper case", value: record({ email: "A@X.IO" }) },
  { row: 44, code: "not-canonical", name: "spaces around", value: record({ email: " a@x.io" }) },
  { row: 44, code: "not-canonical", name: "no at sign", value: record({ email: "a.x.io" }) },
  { row: 44, code: "not-canonical", name: "an empty email", value: record({ email: "" }) },
  { row: 44, code: "not-canonical", name: "a domain that is not ASCII", value: record({ email: "a@ü.de" }) },
  { row: 44, code: "not-canonical", name: "a Kelvin sign", value: record({ email: "\u212a@x.io" }) },
  { row: 44, code: "not-canonical", name: "a phone with punctuation", value: record({ phone: "+1 415 555 0100" }) },
  { row: 44, code: "not-canonical", name: "a phone with a space in front", value: record({ phone: " +14155550100" }) },
  { row: 44, code: "not-canonical", name: "two digits", value: record({ phone: "12" }) },
  { row: 44, code: "not-canonical", name: "Arabic digits", value: record({ phone: "١٢٣٤٥٦" }) },
  { row: 44, code: "not-canonical", name: "a good email beside a bad phone", value: record({ phone: "call me" }) },

  { row: 44, code: "junk", name: "a junk email", value: record({ email: "test@test.com" }) },
  { row: 44, code: "junk", name: "a junk phone beside a good email", value: record({ phone: "1234567890" }) },

  { row: 47, code: "seen-at", name: "no seenAt", value: record({ seenAt: undefined }) },
  { row: 47, code: "seen-at", name: "seenAt null", value: record({ seenAt: null }) },
  { row: 47, code: "seen-at", name: "negative", value: record({ seenAt: -1 }) },
  { row: 47, code: "seen-at", name: "a fraction", value: record({ seenAt: 1.5 }) },
  { row: 47, code: "seen-at", name: "2^53", value: record({ seenAt: 2 ** 53 }) },
  { row: 47, code: "seen-at", name: "as text", value: record({ seenAt: "1" }) },
  { row: 47, code: "seen-at", name: "two hours ahead of the record", value: record({ seenAt: nowUs + 2 * HOUR_US }) },
];

export const GOOD_RECORDS: readonly Given[] = [
  { row: 53, name: "only what is needed", value: record({ eventId: "g1", email: "g1@x.io" }), key: "g1@x.io" },
  { row: 49, name: "without a key", value: record({ eventId: "g2", phone: "700002", email: undefined }), key: null },
  { row: 49, name: "with somebody else's key", value: record({ eventId: "g3", email: "g3@x.io" }), key: "else@x.io" },
  {
    row: 49,
    name: "with a key of bytes",
    value: record({ eventId: "g4", email: "g4@x.io" }),
    key: Buffer.from([0, 255, 128]),
  },
  {
    row: 53,
    name: "with fields of tomorrow",
    value: record({ eventId: "g5", email: "g5@x.io", colour: ["red"], __proto__: 1 }),
  },
  { row: 53, name: "of another norm version", value: record({ eventId: "g6", email: "g6@x.io", normVersion: 999 }) },
  { row: 47, name: "of 1970", value: record({ eventId: "g7", email: "g7@x.io", seenAt: 0 }) },
  {
    row: 47,
    name: "half an hour ahead",
    value: record({ eventId: "g8", email: "g8@x.io", seenAt: nowUs + HOUR_US / 2 }),
  },
  {
    row: 53,
    name: "with an astral orderId",
    value: record({ eventId: "g9", email: "g9@x.io", orderId: "𝔬𝔯𝔡𝔢𝔯 'x'; --" }),
  },
  {
    row: 43,
    name: "of nearly a megabyte",
    value: record({ eventId: "g10", email: "g10@x.io", padding: "x".repeat(950_000) }),
  },
  {
    row: 53,
    name: "with a field 10,000 deep",
    value: `${record({ eventId: "g11", email: "g11@x.io" }).slice(0, -1)},"deep":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
  },
  {
    row: 53,
    name: "indented",
    value: JSON.stringify(JSON.parse(record({ eventId: "g12", email: "g12@x.io" })), undefined, 2),
  },
  { row: 46, name: "the same again", value: record({ eventId: "g1", email: "g1@x.io" }), key: "g1@x.io" },
  { row: 46, name: "the same event with another body", value: record({ eventId: "g1", email: "g1b@x.io" }) },
  { row: 48, name: "joining two", value: record({ eventId: "g13", email: "g1@x.io", phone: "700002", seenAt: 5 }) },
];
