/** The read side, route by route. */
import { z } from "zod";
import type { ProblemCode } from "../problem-codes.ts";
import {
  identityAnswer,
  lookupAnswer,
  lookupBatchAnswer,
  lookupBatchLines,
  pendingAnswer,
  progressAnswer,
  receiptAnswer,
} from "./answer-bodies.ts";
import { emailText, phoneText, receipt } from "./identifier-fields.ts";
import { keyExamples, type Operation, type Parameter } from "./operation.ts";
import { lookupBatchRequest, lookupRequest } from "./request-bodies.ts";

const JSON_BODY = "application/json";
const WAIT: Parameter = {
  name: "waitMs",
  in: "query",
  description: "How long to wait until the receipt's order is in, in milliseconds; 30,000 at the most.",
  schema: z.int().min(0).max(999_999_999),
};
const RECEIPT_PROBLEMS: readonly ProblemCode[] = [
  "invalid-receipt",
  "receipt-elsewhere",
  "receipt-expired",
  "database-unavailable",
];
const LOOKUP_PROBLEMS: readonly ProblemCode[] = [
  "no-identifier",
  "invalid-email",
  "invalid-phone",
  "invalid-field",
  ...RECEIPT_PROBLEMS,
  "unknown-contact",
  "different-identities",
];
const FOUND = { description: "The contact, and the identity behind it.", content: { [JSON_BODY]: lookupAnswer } };
const PENDING = {
  description: "The receipt's order is not in yet, and the wait is over.",
  content: { [JSON_BODY]: pendingAnswer },
};
/** Has the form of a receipt, and no deployment's seal. */
const FOREIGN = "AZz5xWrXRJ6pTq0Fz9v0nQAAAAMAAAAAAAAAKgAAAAAAAAAAAAAAAAA";
const id = z.int().min(1);

function byId(what: "contact" | "identity", path: string, operationId: string, unknown: ProblemCode): Operation {
  const name = `${what}Id`;
  return {
    method: "get",
    path,
    operationId,
    summary: `Find a person by the id of ${what === "contact" ? "a contact" : "an identity"}`,
    description:
      "Any id that was ever given out: also of a contact that is no longer primary, and of an identity that was merged into another one, which then names it in `mergedFrom`.",
    scopes: ["read"],
    parameters: [{ name, in: "path", description: "Decimal, without a leading zero.", schema: id }],
    answers: { 200: { description: FOUND.description, content: { [JSON_BODY]: identityAnswer } } },
    problems: ["invalid-id", unknown, "database-unavailable"],
    examples: [
      { summary: "A known id", status: 200, parameters: { [name]: `{${name}}` } },
      { summary: "An id nobody has", status: 404, code: unknown, parameters: { [name]: "9007199254740991" } },
      { summary: "An id that is none", status: 400, code: "invalid-id", parameters: { [name]: "007" } },
      ...keyExamples("ingestKey", { parameters: { [name]: "1" } }),
    ],
  };
}

export const QUERY_OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/v1/contacts/lookup",
    operationId: "lookUp",
    summary: "Find a person by an email, a phone number or both",
    description:
      "With an order's receipt the answer waits for that order: read your own writes. Without one it is whatever is known now.",
    scopes: ["read"],
    parameters: [],
    body: { [JSON_BODY]: lookupRequest },
    answers: { 200: FOUND, 202: PENDING },
    problems: ["malformed-json", "invalid-body", ...LOOKUP_PROBLEMS],
    examples: [
      { summary: "By email", status: 200, body: { email: "Lorraine@HillValley.edu" } },
      {
        summary: "By both, one of them unknown",
        status: 200,
        body: { email: "lorraine@hillvalley.edu", phoneNumber: "+1 415 555 0199" },
      },
      {
        summary: "After an order",
        status: 200,
        body: { email: "lorraine@hillvalley.edu", receipt: "{receipt}", waitMs: 5_000 },
      },
      { summary: "Nobody has it", status: 404, code: "unknown-contact", body: { email: "einstein@hillvalley.edu" } },
      {
        summary: "Two people",
        status: 409,
        code: "different-identities",
        body: { email: "lorraine@hillvalley.edu", phoneNumber: "717171" },
      },
      {
        summary: "A receipt of nobody's",
        status: 400,
        code: "invalid-receipt",
        body: { email: "lorraine@hillvalley.edu", receipt: FOREIGN },
      },
      { summary: "Neither an email nor a phone number", status: 400, code: "no-identifier", body: { email: null } },
      { summary: "A list where one lookup goes", status: 400, code: "invalid-body", body: [] },
      {
        summary: "A property nobody knows",
        status: 400,
        code: "invalid-field",
        body: { email: "lorraine@hillvalley.edu", exact: true },
      },
      {
        summary: "Another content type",
        status: 415,
        code: "unsupported-media-type",
        headers: { "content-type": "text/plain" },
        body: "lorraine@hillvalley.edu",
      },
      ...keyExamples("ingestKey", { body: { email: "lorraine@hillvalley.edu" } }),
    ],
  },
  {
    method: "get",
    path: "/v1/contacts",
    operationId: "lookUpByQuery",
    summary: "The same, for people with curl",
    description:
      "A `+` in a query string must be written `%2B`. Addresses are logged by many proxies: prefer the POST.",
    scopes: ["read"],
    parameters: [
      { name: "email", in: "query", description: "An email address.", schema: emailText },
      { name: "phoneNumber", in: "query", description: "A phone number.", schema: phoneText },
      { name: "receipt", in: "query", description: "An order's receipt.", schema: receipt },
      WAIT,
    ],
    answers: { 200: FOUND, 202: PENDING },
    problems: LOOKUP_PROBLEMS,
    examples: [
      { summary: "By email", status: 200, query: { email: "lorraine@hillvalley.edu" } },
      { summary: "By phone", status: 200, query: { phoneNumber: "123456" } },
      { summary: "Nobody has it", status: 404, code: "unknown-contact", query: { email: "einstein@hillvalley.edu" } },
      {
        summary: "Two people",
        status: 409,
        code: "different-identities",
        query: { email: "lorraine@hillvalley.edu", phoneNumber: "717171" },
      },
      { summary: "Nothing asked", status: 400, code: "no-identifier" },
      {
        summary: "A plus sign that became a space",
        status: 400,
        code: "invalid-phone",
        query: { phoneNumber: " 14155550100" },
      },
      ...keyExamples("ingestKey", { query: { phoneNumber: "123456" } }),
    ],
  },
  {
    method: "post",
    path: "/v1/contacts/lookup/batch",
    operationId: "lookUpMany",
    summary: "Up to 1,000 lookups",
    description:
      "Each item has its own outcome. With `Accept: application/x-ndjson` each is a line of its own as soon as it is settled.",
    scopes: ["read"],
    parameters: [],
    body: { [JSON_BODY]: lookupBatchRequest },
    answers: {
      200: {
        description: "What was found for each item.",
        content: { [JSON_BODY]: lookupBatchAnswer, "application/x-ndjson": lookupBatchLines },
      },
    },
    problems: ["malformed-json", "invalid-body", "too-many-items", "database-unavailable"],
    examples: [
      { summary: "Two lookups", status: 200, body: [{ email: "lorraine@hillvalley.edu" }, { phoneNumber: "999123" }] },
      {
        summary: "As lines",
        status: 200,
        headers: { accept: "application/x-ndjson" },
        body: [{ email: "lorraine@hillvalley.edu" }],
      },
      { summary: "No items", status: 400, code: "invalid-body", body: [] },
      { summary: "JSON that breaks off", status: 400, code: "malformed-json", body: "[{" },
      {
        summary: "Another content type",
        status: 415,
        code: "unsupported-media-type",
        headers: { "content-type": "text/plain" },
        body: "[]",
      },
      ...keyExamples("ingestKey", { body: [{ email: "lorraine@hillvalley.edu" }] }),
    ],
  },
  byId("contact", "/v1/contacts/{contactId}", "contactById", "unknown-contact"),
  byId("identity", "/v1/identities/{identityId}", "identityById", "unknown-identity"),
  {
    method: "get",
    path: "/v1/receipts/{receipt}",
    operationId: "followReceipt",
    summary: "What has become of an order",
    description: "`applied` stays the answer after the record has left the log.",
    scopes: ["ingest", "import", "read"],
    parameters: [{ name: "receipt", in: "path", description: "An order's receipt.", schema: receipt }, WAIT],
    answers: { 200: { description: "Where it stands.", content: { [JSON_BODY]: receiptAnswer } } },
    problems: [...RECEIPT_PROBLEMS, "invalid-field"],
    examples: [
      { summary: "A receipt", status: 200, parameters: { receipt: "{receipt}" }, query: { waitMs: "5000" } },
      { summary: "A receipt of nobody's", status: 400, code: "invalid-receipt", parameters: { receipt: FOREIGN } },
      {
        summary: "A wait that is no number",
        status: 400,
        code: "invalid-field",
        parameters: { receipt: FOREIGN },
        query: { waitMs: "soon" },
      },
      ...keyExamples("adminKey", { parameters: { receipt: FOREIGN } }),
    ],
  },
  {
    method: "get",
    path: "/v1/progress",
    operationId: "progress",
    summary: "How far the log is settled and published",
    description:
      "Offsets beside the ends of the log, the age of the oldest unpublished change, and dead letters by code.",
    scopes: ["read", "admin"],
    parameters: [],
    answers: { 200: { description: "How far it is.", content: { [JSON_BODY]: progressAnswer } } },
    problems: ["database-unavailable", "log-unavailable"],
    examples: [{ summary: "Now", status: 200 }, ...keyExamples("ingestKey")],
  },
];
