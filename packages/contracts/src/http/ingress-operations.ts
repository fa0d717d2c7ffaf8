/** The write side, route by route. */

import { z } from "zod";
import { acceptedAnswer, identifyAnswer, orderBatchAnswer } from "./answer-bodies.ts";
import { idempotencyKey } from "./identifier-fields.ts";
import { keyExamples, type Operation, type Parameter } from "./operation.ts";
import { identifyRequest, orderBatchRequest, orderLines, orderRequest } from "./request-bodies.ts";

const JSON_BODY = "application/json";
const KEY: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  description: "Becomes the order's eventId.",
  schema: idempotencyKey,
};
const PREFER: Parameter = {
  name: "Prefer",
  in: "header",
  description: "`wait=N`: wait N seconds at the most, up to 30. `respond-async`: do not wait.",
  schema: z.string(),
};
const TRACE: Parameter = {
  name: "traceparent",
  in: "header",
  description: "W3C trace context; goes into the record.",
  schema: z.string(),
};
const RECEIPT_HEADERS = { "Kith-Receipt": "The receipt of the order." };
const ACCEPTED = {
  description: "The order is in the log and will be applied.",
  content: { [JSON_BODY]: acceptedAnswer },
  headers: { ...RECEIPT_HEADERS, Location: "Where to ask what has become of it." },
};
const REFUSED_VALUES = [
  "malformed-json",
  "invalid-body",
  "no-identifier",
  "invalid-email",
  "invalid-phone",
  "invalid-idempotency-key",
  "only-junk",
  "log-unavailable",
] as const;
const BAD_EXAMPLES: Operation["examples"] = [
  { summary: "Neither an email nor a phone number", status: 400, code: "no-identifier", body: {} },
  { summary: "An email that is none", status: 400, code: "invalid-email", body: { email: "lorraine.hillvalley.edu" } },
  {
    summary: "A phone number that is none",
    status: 400,
    code: "invalid-phone",
    body: { phoneNumber: "1-800-FLOWERS" },
  },
  { summary: "JSON that breaks off", status: 400, code: "malformed-json", body: '{"email":' },
  { summary: "A list where one order goes", status: 400, code: "invalid-body", body: [] },
  {
    summary: "Two names for one event",
    status: 400,
    code: "invalid-idempotency-key",
    headers: { "Idempotency-Key": "" },
    body: { email: "lorraine@hillvalley.edu" },
  },
  { summary: "Nothing but placeholders", status: 422, code: "only-junk", body: { email: "test@test.com" } },
  {
    summary: "Another content type",
    status: 415,
    code: "unsupported-media-type",
    headers: { "content-type": "text/plain" },
    body: "lorraine@hillvalley.edu",
  },
  ...keyExamples("readKey", { body: { email: "lorraine@hillvalley.edu" } }),
];

function identifyOperation(path: string, operationId: string): Operation {
  return {
    method: "post",
    path,
    operationId,
    summary: "Send an order and wait for the contact",
    description:
      "The order goes into the log; the answer is the consolidated contact once this very order is in it. If that takes too long, the answer is a 202 with a receipt. Other properties of the body are ignored.",
    scopes: ["ingest", "import"],
    parameters: [KEY, PREFER, TRACE],
    body: { [JSON_BODY]: identifyRequest },
    answers: {
      200: {
        description: "The contact, with this order in it.",
        content: { [JSON_BODY]: identifyAnswer },
        headers: {
          ...RECEIPT_HEADERS,
          "Kith-Truncated": "`true` where the identity is too large to show whole.",
          "Preference-Applied": "The preference that was honoured.",
        },
      },
      202: { ...ACCEPTED, headers: { ...ACCEPTED.headers, "Preference-Applied": "The preference that was honoured." } },
    },
    problems: REFUSED_VALUES,
    examples: [
      {
        summary: "An email and a phone number",
        status: 200,
        body: { email: "lorraine@hillvalley.edu", phoneNumber: "123456" },
      },
      {
        summary: "The same phone number and another email",
        status: 200,
        body: { email: "mcfly@hillvalley.edu", phoneNumber: 123_456 },
      },
      { summary: "One of the two", status: 200, body: { email: null, phoneNumber: "123456" } },
      {
        summary: "Without waiting",
        status: 202,
        headers: { Prefer: "respond-async" },
        body: { email: "lorraine@hillvalley.edu" },
      },
      ...BAD_EXAMPLES,
    ],
  };
}

export const INGRESS_OPERATIONS: readonly Operation[] = [
  identifyOperation("/api/identify", "identify"),
  identifyOperation("/identify", "identifyShort"),
  {
    method: "post",
    path: "/v1/orders",
    operationId: "sendOrder",
    summary: "Send an order",
    description:
      "Answers as soon as the order is in the log. Unknown properties are refused. A 503 carries the order's eventId: send it again with that one, and it counts once.",
    scopes: ["ingest", "import"],
    parameters: [KEY, TRACE],
    body: { [JSON_BODY]: orderRequest },
    answers: { 202: ACCEPTED },
    problems: [...REFUSED_VALUES, "invalid-field"],
    examples: [
      {
        summary: "An order",
        status: 202,
        body: {
          eventId: "evt-1",
          orderId: "o-77",
          email: "lorraine@hillvalley.edu",
          phoneNumber: "123456",
          occurredAt: "2026-11-24T10:00:00Z",
          source: "shop",
        },
      },
      {
        summary: "Named by a header",
        status: 202,
        headers: { "Idempotency-Key": "evt-2" },
        body: { email: "mcfly@hillvalley.edu" },
      },
      {
        summary: "A placeholder beside a good identifier",
        status: 202,
        body: { email: "mcfly@hillvalley.edu", phoneNumber: "0000000" },
      },
      {
        summary: "A property nobody knows",
        status: 400,
        code: "invalid-field",
        body: { email: "mcfly@hillvalley.edu", nickname: "Calvin" },
      },
      {
        summary: "A date that is none",
        status: 400,
        code: "invalid-field",
        body: { email: "mcfly@hillvalley.edu", occurredAt: "yesterday" },
      },
      ...BAD_EXAMPLES,
    ],
  },
  {
    method: "post",
    path: "/v1/orders/batch",
    operationId: "sendOrders",
    summary: "Send up to 1,000 orders",
    description:
      "Each row has its own outcome; rows keep their order in age. Each may have its own eventId; Idempotency-Key is refused here.",
    scopes: ["ingest", "import"],
    parameters: [TRACE],
    body: { [JSON_BODY]: orderBatchRequest, "application/x-ndjson": orderLines },
    answers: {
      200: {
        description: "What has become of each row.",
        content: { [JSON_BODY]: orderBatchAnswer },
        headers: { "Kith-Receipt": "The receipt of the last row that was accepted." },
      },
    },
    problems: ["malformed-json", "invalid-body", "invalid-idempotency-key", "too-many-items", "log-unavailable"],
    examples: [
      {
        summary: "Two orders",
        status: 200,
        body: [{ email: "lorraine@hillvalley.edu" }, { eventId: "evt-3", phoneNumber: "123456" }],
      },
      {
        summary: "One a line",
        status: 200,
        headers: { "content-type": "application/x-ndjson" },
        body: '{"email":"lorraine@hillvalley.edu"}\n{"phoneNumber":"123456"}\n',
      },
      {
        summary: "A row that is refused among others",
        status: 200,
        body: [{ email: "lorraine@hillvalley.edu" }, { email: "nobody" }, 5],
      },
      { summary: "No rows", status: 400, code: "invalid-body", body: [] },
      { summary: "JSON that breaks off", status: 400, code: "malformed-json", body: "[{" },
      {
        summary: "One key for many orders",
        status: 400,
        code: "invalid-idempotency-key",
        headers: { "Idempotency-Key": "evt-4" },
        body: [{ email: "lorraine@hillvalley.edu" }],
      },
      {
        summary: "Another content type",
        status: 415,
        code: "unsupported-media-type",
        headers: { "content-type": "text/csv" },
        body: "email\nlorraine@hillvalley.edu",
      },
      ...keyExamples("readKey", { body: [{ email: "lorraine@hillvalley.edu" }] }),
    ],
  },
];
