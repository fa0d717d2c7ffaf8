/** Rows 12 to 22 of the table: values that are no email, no phone number, no event id, no date. */
import type { ProblemCode } from "@kith/contracts";
import type { Refusal } from "./refusals.ts";

const A64 = "a".repeat(64);
/** A domain of exactly so many octets, none of its labels above 63. */
const domainOf = (octets: number) =>
  `${`${"d".repeat(49)}.`.repeat(Math.floor((octets - 3) / 50))}`.padEnd(octets - 3, "e").concat(".de");

const EMAILS: readonly [row: number, name: string, email: unknown, why: string][] = [
  [12, "email a number", 123456789012, "wrong-type"],
  [12, "email true", true, "wrong-type"],
  [12, "email an array", ["array@x.io"], "wrong-type"],
  [12, "email an object", { toString: "object@x.io" }, "wrong-type"],
  [13, "no @", "mcfly.hillvalley.edu", "at-sign"],
  [13, "two @", "mc@fly@hillvalley.edu", "at-sign"],
  [13, "a leading dot", ".mcfly@hillvalley.edu", "local-part"],
  [13, "two dots", "mc..fly@hillvalley.edu", "local-part"],
  [13, "an inner space", "mc fly@hillvalley.edu", "forbidden-character"],
  [13, "a name before the address", "Marty <mcfly@hillvalley.edu>", "forbidden-character"],
  [13, "one label", "mcfly@localhost", "domain"],
  [13, "an IP literal", "mcfly@[127.0.0.1]", "domain"],
  [13, "255 octets", `aa@${domainOf(252)}`, "too-long"],
  [13, "local part of 65", `a${A64}@hillvalley.edu`, "too-long"],
  [14, "a no-break space", "mc\u00a0fly@hillvalley.edu", "forbidden-character"],
  [14, "a zero-width space", "mc\u200bfly@hillvalley.edu", "forbidden-character"],
  [14, "a byte order mark", "\ufeffmcfly@hillvalley.edu", "forbidden-character"],
  [14, "an outer tab", "\tmcfly@hillvalley.edu", "forbidden-character"],
  [15, "a local part beyond ASCII", "mcflé@hillvalley.edu", "local-part"],
  [15, "é in two", "mcfle\u0301@hillvalley.edu", "local-part"],
  [15, "a Kelvin sign before the @", "\u212aith@hillvalley.edu", "local-part"],
  [15, "a dotted İ before the @", "\u0130da@hillvalley.edu", "local-part"],
  [15, "a dotted İ in the domain", "mcfly@h\u0130llvalley.edu", "domain"],
  [15, "a full-width @", "mcfly\uff20hillvalley.edu", "at-sign"],
  [15, "an emoji", "mcfly😀@hillvalley.edu", "local-part"],
  [15, "a right-to-left override", "mcfly@\u202ehillvalley.edu", "forbidden-character"],
  [16, "NUL in an email", "mc\0fly@hillvalley.edu", "forbidden-character"],
  [16, "a control in an email", "mcfly\u0007@hillvalley.edu", "forbidden-character"],
  [16, "CR LF in an email", "mcfly@hillvalley.edu\r\nBcc: biff@hillvalley.edu", "forbidden-character"],
  [16, "a lone surrogate in an email", "mcfly\ud800@hillvalley.edu", "not-well-formed"],
  [17, "a semicolon in an email", "a;drop--@hillvalley.edu", "local-part"],
];

const PHONES: readonly [row: number, name: string, phoneNumber: unknown, why: string][] = [
  [12, "phone 1e15, which has 16 digits", 1e15, "too-long"],
  [12, "phone −1", -1, "wrong-type"],
  [12, "phone 3.5", 3.5, "wrong-type"],
  [12, "phone 2^53", 2 ** 53, "wrong-type"],
  [12, "phone true", true, "wrong-type"],
  [12, "phone an array", ["+14155550177"], "wrong-type"],
  [12, "phone an object", { number: "+14155550177" }, "wrong-type"],
  [14, "a no-break space in a phone", "+1\u00a0415 555 0177", "forbidden-character"],
  [16, "NUL in a phone", "+14155550177\0", "forbidden-character"],
  [16, "a lone surrogate in a phone", "+14155550177\udfff", "forbidden-character"],
  [19, "16 digits", "1234512345123451", "too-long"],
  [19, "2 digits", "12", "too-short"],
  [19, "letters", "1-800-FLOWERS", "forbidden-character"],
  [19, "an extension", "+14155550177 x12", "forbidden-character"],
  [19, "Arabic-Indic digits", "+١٤١٥٥٥٥٠١٧٧", "forbidden-character"],
  [19, "full-width digits", "１２３４５６", "forbidden-character"],
  [19, "too long for E.164", "+1 415 555 0177 12345", "not-international"],
];

const invalidUtf8 = Buffer.concat([
  Buffer.from('{"email":"mcfly'),
  Buffer.from([0xc3, 0x28]),
  Buffer.from('@hillvalley.edu"}'),
]);
const keyed = (row: number, name: string, key: string, code: ProblemCode = "invalid-idempotency-key"): Refusal => ({
  row,
  name,
  json: { email: "keyed@x.io" },
  headers: { "Idempotency-Key": key },
  to: ["identify", "orders"],
  code,
  errors: { "Idempotency-Key": "invalid-idempotency-key" },
});
const text = (row: number, field: string, value: unknown, why: string): Refusal => ({
  row,
  name: `${field} ${why}`,
  json: { email: "a@x.io", [field]: value },
  to: ["orders"],
  code: "invalid-field",
  errors: { [field]: why },
});

export const VALUE_REFUSALS: readonly Refusal[] = [
  ...EMAILS.map(
    ([row, name, email, why]): Refusal => ({
      row,
      name,
      json: { email, phoneNumber: "7171711" },
      code: "invalid-email",
      errors: { email: why },
    }),
  ),
  ...PHONES.map(
    ([row, name, phoneNumber, why]): Refusal => ({
      row,
      name,
      json: { email: "good@x.io", phoneNumber },
      code: "invalid-phone",
      errors: { phoneNumber: why },
    }),
  ),
  { row: 12, name: "NaN", bytes: '{"phoneNumber":NaN}', code: "malformed-json" },
  { row: 12, name: "1e400", bytes: '{"phoneNumber":1e400}', code: "invalid-phone" },
  {
    row: 12,
    name: "both wrong: both are named",
    json: { email: 5, phoneNumber: "12" },
    code: "invalid-email",
    errors: { email: "wrong-type", phoneNumber: "too-short" },
  },
  { row: 16, name: "invalid UTF-8", bytes: invalidUtf8, code: "malformed-json" },
  text(16, "orderId", "order\0identifier", "forbidden-character"),
  text(16, "source", "source\ud800name", "not-well-formed"),
  text(16, "eventId", "event\r\nidentifier", "forbidden-character"),
  text(16, "eventId", "é".repeat(128), "too-long"),
  text(16, "orderId", "", "too-short"),
  text(16, "orderId", 777_777_777_777, "wrong-type"),
  {
    row: 20,
    name: "only junk",
    json: { email: "test@test.com", phoneNumber: "000 0000" },
    to: ["identify", "identifyToo", "orders"],
    code: "only-junk",
    errors: { email: "junk", phoneNumber: "junk" },
  },
  { row: 20, name: "junk looked up", json: { email: "Test@Test.com" }, to: ["lookup"], code: "unknown-contact" },
  keyed(21, "a key of 256", "k".repeat(256)),
  keyed(21, "an empty key", ""),
  keyed(21, "a key beyond ASCII", "schlüssel-eins"),
  {
    row: 21,
    name: "key and eventId differ",
    json: { email: "a@x.io", eventId: "event-in-body" },
    headers: { "Idempotency-Key": "event-in-header" },
    to: ["orders"],
    code: "invalid-idempotency-key",
  },
  {
    row: 21,
    name: "a key for a batch",
    json: [{ email: "a@x.io" }],
    headers: { "Idempotency-Key": "key-of-batch" },
    to: ["batch"],
    code: "invalid-idempotency-key",
  },
  text(22, "occurredAt", "yesterday, about noon", "not-rfc3339"),
  text(22, "occurredAt", "2026-02-30T00:00:00Z", "not-rfc3339"),
  text(22, "occurredAt", "2026-02-03 00:00", "not-rfc3339"),
  text(22, "occurredAt", 1_793_610_000_000, "wrong-type"),
];
