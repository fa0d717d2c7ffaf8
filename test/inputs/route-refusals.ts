/** Rows 27 to 30 of the table: batches, paths, methods, ids and lookups that lead nowhere. */
import type { ProblemCode } from "@kith/contracts";
import type { Refusal } from "./refusals.ts";

const NDJSON = { "content-type": "application/x-ndjson" };
const order = { email: "row@x.io" };
const get = (
  row: number,
  path: string,
  code: ProblemCode,
  service: "ingress" | "query" = "query",
  name = path,
): Refusal => ({
  row,
  name: name.slice(0, 50),
  at: { service, method: "GET", path },
  code,
});
const wrongMethod = (method: string, path: string, allow: string, service: "ingress" | "query"): Refusal => ({
  row: 28,
  name: `${method} ${path}`,
  at: { service, method, path },
  allow,
  code: "method-not-allowed",
});
const garbage = "A".repeat(55);

export const ROUTE_REFUSALS: readonly Refusal[] = [
  { row: 27, name: "no rows", json: [], to: ["batch", "lookupBatch"], code: "invalid-body" },
  { row: 27, name: "no lines", bytes: "\n \n", headers: NDJSON, to: ["batch"], code: "invalid-body" },
  { row: 27, name: "1,001 rows", json: Array(1_001).fill(order), to: ["batch", "lookupBatch"], code: "too-many-items" },
  {
    row: 27,
    name: "1,001 lines",
    bytes: `${JSON.stringify(order)}\n`.repeat(1_001),
    headers: NDJSON,
    to: ["batch"],
    code: "too-many-items",
  },

  get(28, "/nowhere", "unknown-route"),
  get(28, "/nowhere", "unknown-route", "ingress"),
  get(28, "/api/identify/", "unknown-route", "ingress"),
  get(28, "/API/IDENTIFY", "unknown-route", "ingress"),
  get(28, "/v1/contacts/../../etc/passwd", "unknown-route"),
  get(28, "/..%2f..%2fetc/passwd", "unknown-route"),
  get(28, "//v1/progress", "unknown-route"),
  get(28, "/v1/contacts/%00", "invalid-id"),
  get(28, "/v1/receipts/%00%ff", "invalid-request"),
  get(28, "/v1/contacts/%zz", "invalid-request"),
  get(28, `/v1/contacts/${"9".repeat(101)}`, "uri-too-long", "query", "a parameter of 101"),
  get(28, `/v1/contacts?email=${"a".repeat(9_000)}@x.io`, "uri-too-long", "query", "an address of 9,000"),
  {
    row: 28,
    name: "headers of 20 KB",
    at: { service: "query", method: "GET", path: "/livez" },
    headers: { "x-padding": "p".repeat(20_000) },
    code: "headers-too-large",
  },
  wrongMethod("GET", "/api/identify", "POST", "ingress"),
  wrongMethod("DELETE", "/v1/orders", "POST", "ingress"),
  wrongMethod("PUT", "/v1/contacts/17", "GET, HEAD", "query"),
  wrongMethod("POST", "/v1/contacts", "GET, HEAD", "query"),
  wrongMethod("GET", "/v1/contacts/lookup", "POST", "query"),
  {
    row: 28,
    name: "a method nobody has",
    at: { service: "ingress", method: "BREW", path: "/v1/orders" },
    code: "invalid-request",
  },

  ...["-1", "0", "01", "1.5", "9223372036854775808", "9007199254740992", "1e400", "1;drop", "1%20or%201=1"].flatMap(
    (id) => [get(29, `/v1/contacts/${id}`, "invalid-id"), get(29, `/v1/identities/${id}`, "invalid-id")],
  ),
  ...["%@hillvalley.edu", "_@hillvalley.edu", "mcfly%@hillvalley.edu", "' or ''='@hillvalley.edu"].map(
    (email): Refusal => ({
      row: 29,
      name: `looking up ${email}`,
      json: { email },
      to: ["lookup"],
      code: email.includes(" ") ? "invalid-email" : "unknown-contact",
    }),
  ),
  get(29, "/v1/contacts?email=a@x.io&email=b@x.io", "invalid-email"),
  get(29, "/v1/contacts?phoneNumber=+14155550177", "invalid-phone"),
  get(29, "/v1/contacts?phoneNumber=717171&limit=5", "invalid-field"),
  get(29, `/v1/receipts/${garbage}`, "invalid-receipt"),
  get(29, `/v1/receipts/${garbage}?waitMs=soon`, "invalid-field"),
  {
    row: 29,
    name: "a receipt of nobody's",
    json: { email: "a@x.io", receipt: garbage },
    to: ["lookup"],
    code: "invalid-receipt",
  },
  {
    row: 29,
    name: "waitMs as text",
    json: { email: "a@x.io", waitMs: "forever-and-ever" },
    to: ["lookup"],
    code: "invalid-field",
    errors: { waitMs: "invalid-field" },
  },
  { row: 29, name: "a receipt alone", json: { receipt: garbage }, to: ["lookup"], code: "no-identifier" },

  {
    row: 30,
    name: "unknown identifiers",
    json: { email: "nobody-ever@x.io", phoneNumber: "+4915550000001" },
    to: ["lookup"],
    code: "unknown-contact",
  },
  get(30, "/v1/contacts?email=nobody-ever@x.io", "unknown-contact"),
  get(30, "/v1/contacts/9007199254740991", "unknown-contact"),
  get(30, "/v1/identities/9007199254740991", "unknown-identity"),
];
