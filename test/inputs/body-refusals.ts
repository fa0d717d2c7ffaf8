/** Rows 1 to 10 of the table: bodies that are no JSON object with an identifier, and framing that is no HTTP. */
import { gzipSync } from "node:zlib";
import type { Refusal } from "./refusals.ts";

const BATCHES = ["batch", "lookupBatch"] as const;
const ALL = ["identify", "identifyToo", "orders", "batch", "lookup", "lookupBatch"] as const;
const NDJSON = { "content-type": "application/x-ndjson" };
const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
/** 20 MB of zeros in 20 KB, and the same within the limit of a body. */
const bomb = gzipSync(Buffer.alloc(12_000_000));

export const BODY_REFUSALS: readonly Refusal[] = [
  { row: 1, name: "an empty body", bytes: "", to: ALL, code: "malformed-json" },
  { row: 1, name: "spaces", bytes: "   \r\n", to: ALL, code: "malformed-json" },
  { row: 1, name: "a word", bytes: "lorraine@hillvalley.edu", to: ALL, code: "malformed-json" },
  { row: 1, name: "truncated", bytes: '{"email":"trunc@hillvalley.edu"', to: ALL, code: "malformed-json" },
  { row: 1, name: "two objects", bytes: '{"email":"twice@x.io"}{}', to: ALL, code: "malformed-json" },
  { row: 1, name: "single quotes", bytes: "{'email':'single@x.io'}", to: ALL, code: "malformed-json" },
  { row: 1, name: "a byte order mark", bytes: '\ufeff[{"email":"bom@x.io",}]', to: ALL, code: "malformed-json" },
  { row: 1, name: "UTF-16", bytes: Buffer.from('{"email":"wide@x.io"}', "utf16le"), to: ALL, code: "malformed-json" },

  ...(
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense", "application/json2"] as const
  ).map(
    (type): Refusal => ({
      row: 2,
      name: type,
      bytes: '{"email":"typed@hillvalley.edu"}',
      headers: { "content-type": type },
      to: ALL,
      code: "unsupported-media-type",
    }),
  ),
  {
    row: 2,
    name: "no content type",
    bytes: "{}",
    headers: { "content-type": undefined },
    to: ALL,
    code: "unsupported-media-type",
  },
  {
    row: 2,
    name: "no content type, no body",
    bytes: "",
    headers: { "content-type": undefined },
    to: ALL,
    code: "unsupported-media-type",
  },
  {
    row: 2,
    name: "lines where one order goes",
    bytes: "{}\n",
    headers: NDJSON,
    to: ["identify", "orders", "lookup", "lookupBatch"],
    code: "unsupported-media-type",
  },

  { row: 3, name: "an array for one order", bytes: '[{"email":"listed@x.io"}]', code: "invalid-body" },
  ...(['"a string in its place"', "1234567890123", "null", "true"] as const).map(
    (bytes): Refusal => ({ row: 3, name: bytes, bytes, to: ALL, code: "invalid-body" }),
  ),
  { row: 3, name: "an object for a batch", bytes: '{"email":"alone@x.io"}', to: BATCHES, code: "invalid-body" },

  {
    row: 4,
    name: "16 KB and one",
    bytes: `{"email":"${"a".repeat(16_385 - 12)}"}`,
    closes: true,
    code: "body-too-large",
  },
  {
    row: 4,
    name: "2 MB and one",
    bytes: `["${"b".repeat(2_097_153 - 4)}"]`,
    to: BATCHES,
    closes: true,
    code: "body-too-large",
  },

  {
    row: 6,
    name: "gzip",
    bytes: gzipSync('{"email":"packed@x.io"}'),
    headers: { "content-encoding": "gzip" },
    to: ALL,
    code: "unsupported-media-type",
  },
  {
    row: 6,
    name: "a zip bomb",
    bytes: bomb,
    headers: { "content-encoding": "gzip" },
    to: ALL,
    code: "unsupported-media-type",
  },
  {
    row: 6,
    name: "deflate, br, zstd",
    bytes: "{}",
    headers: { "content-encoding": "deflate, br, zstd" },
    to: ALL,
    code: "unsupported-media-type",
  },

  {
    row: 8,
    name: "an unknown property",
    json: { email: "a@x.io", nickname: "unknown-nickname" },
    to: ["orders", "lookup"],
    code: "invalid-field",
    errors: { nickname: "unknown-field" },
  },
  {
    row: 8,
    name: "a value where a name belongs",
    json: { "sneaky@hillvalley.edu": 1, email: "a@x.io" },
    to: ["orders", "lookup"],
    code: "invalid-field",
  },
  {
    row: 8,
    name: "seenAt, obsId, dropped",
    json: {
      email: "a@x.io",
      seenAt: 1_793_610_000_000_000,
      obsId: "1b6afb04-3b9a-888d-b919-a7230b4871e0",
      dropped: ["email"],
    },
    to: ["orders", "lookup"],
    code: "invalid-field",
    errors: { seenAt: "unknown-field", obsId: "unknown-field", dropped: "unknown-field" },
  },

  {
    row: 9,
    name: "__proto__",
    bytes: '{"email":"proto@x.io","__proto__":{"isAdmin":true}}',
    to: ALL,
    code: "invalid-body",
  },
  {
    row: 9,
    name: "__proto__ far down",
    bytes: '[{"email":"proto@x.io","a":{"b":[{"__proto__":1}]}}]',
    to: ALL,
    code: "invalid-body",
  },
  {
    row: 9,
    name: "__proto__ in escapes",
    bytes: '{"email":"proto@x.io","\\u005f_proto__":1}',
    to: ALL,
    code: "invalid-body",
  },
  {
    row: 9,
    name: "constructor.prototype",
    bytes: '{"email":"proto@x.io","constructor":{"prototype":{"x":1}}}',
    to: ALL,
    code: "invalid-body",
  },
  { row: 9, name: "10,000 levels, 20 KB", bytes: `{"email":${deep(10_000)}}`, code: "body-too-large" },
  { row: 9, name: "8,000 levels", bytes: `{"email":${deep(8_000)}}`, code: "invalid-email" },
  { row: 9, name: "8,000 levels that are not closed", bytes: "[".repeat(8_000), to: ALL, code: "malformed-json" },
  {
    row: 9,
    name: "8,000 objects deep",
    bytes: `${'{"a":'.repeat(2_500)}1${"}".repeat(2_500)}`,
    to: ["orders", "lookup"],
    code: "invalid-field",
  },

  { row: 10, name: "neither", json: {}, code: "no-identifier" },
  { row: 10, name: "both null", json: { email: null, phoneNumber: null }, code: "no-identifier" },
  { row: 10, name: "both empty", json: { email: "", phoneNumber: "" }, code: "no-identifier" },
  { row: 10, name: "both blank", json: { email: "   ", phoneNumber: " " }, code: "no-identifier" },
];
