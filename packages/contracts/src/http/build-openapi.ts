/** Operations → an OpenAPI 3.1 document. Every status that a route can answer is in it, and what its body is like. */
import type { z } from "zod";
import { PROBLEM_CODES, type ProblemCode, problemDocument } from "../problem-codes.ts";
import { INGRESS_OPERATIONS } from "./ingress-operations.ts";
import type {
  DocumentedContent,
  DocumentedHeaders,
  DocumentedOperation,
  DocumentedResponse,
  OpenApiDocument,
} from "./openapi-document.ts";
import type { Answer, Example, Operation } from "./operation.ts";
import { OPERATIONAL_OPERATIONS } from "./operational-operations.ts";
import { QUERY_OPERATIONS } from "./query-operations.ts";
import { componentSchemas, schemaOf } from "./schema-components.ts";

/** Everything the write side answers. */
const ingressOperations: readonly Operation[] = [...INGRESS_OPERATIONS, ...OPERATIONAL_OPERATIONS];
/** Everything the read side answers. */
const queryOperations: readonly Operation[] = [...QUERY_OPERATIONS, ...OPERATIONAL_OPERATIONS];

const API_VERSION = "1.0.0";
const PROBLEM_BODY = "application/problem+json";
/** What any request can meet, whatever its route. */
const OF_ALL: readonly ProblemCode[] = [
  "invalid-request",
  "request-timeout",
  "uri-too-long",
  "headers-too-large",
  "internal",
  "overloaded",
  "shutting-down",
];
const OF_GUARDED: readonly ProblemCode[] = ["unauthenticated", "forbidden"];
const OF_BODIES: readonly ProblemCode[] = ["body-too-large", "unsupported-media-type"];
const PROBLEM_HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { "WWW-Authenticate": "`Bearer`, and what is wrong with the key." },
  403: { "WWW-Authenticate": "The scopes that are needed." },
  429: { "Retry-After": "Seconds after which there is room." },
  503: { "Retry-After": "Seconds after which a retry makes sense." },
};

/** The document of the ingress. */
export function ingressDocument(): OpenApiDocument {
  const about = "Orders go in here: into the log, and from there into the identities.";
  return buildDocument("Kith ingress", about, ingressOperations);
}

/** The document of the query service. */
export function queryDocument(): OpenApiDocument {
  const about = "Who is it? Lookups by email, phone number, id and receipt.";
  return buildDocument("Kith query", about, queryOperations);
}

function buildDocument(title: string, description: string, operations: readonly Operation[]): OpenApiDocument {
  const paths: Record<string, Record<string, DocumentedOperation>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describeOperation(operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title,
      version: API_VERSION,
      description: `${description} ${GENERAL}`,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: componentSchemas(),
      examples: problemExamples(),
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "An API key, where the deployment has keys." },
      },
    },
  };
}

const GENERAL =
  "Bodies are JSON in UTF-8. Every error is a problem document (RFC 9457) with a stable `code`; none repeats what was sent. " +
  "A known path with a wrong method is 405 with `Allow`, an unknown one 404.";

function describeOperation(operation: Operation): DocumentedOperation {
  const { operationId, summary, description, scopes, parameters, body, examples } = operation;
  return {
    operationId,
    summary,
    description,
    tags: [scopes.length === 0 || operation.path === "/metrics" ? "operation" : "people"],
    // Either a key or, where the deployment has none, nothing.
    ...(scopes.length > 0 && { security: [{ apiKey: [] }, {}], "x-scopes": scopes }),
    ...(parameters.length > 0 && {
      parameters: parameters.map(({ name, in: place, description: about, schema }) => ({
        name,
        in: place,
        required: place === "path",
        description: about,
        schema: schemaOf(schema),
      })),
    }),
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          Object.entries(body).map(([type, schema]) => [
            type,
            { schema: schemaOf(schema), ...bodyExamples(type, examples) },
          ]),
        ),
      },
    }),
    responses: describeAnswers(operation),
    "x-examples": examples,
  };
}

/** The good examples with a body of this type. */
function bodyExamples(type: string, examples: readonly Example[]): object {
  const own = examples.filter(
    ({ status, headers, body }) =>
      status < 300 && body !== undefined && (headers?.["content-type"] ?? "application/json") === type,
  );
  const named = own.map(({ summary, body }, index) => [`example${index + 1}`, { summary, value: body }]);
  return named.length > 0 ? { examples: Object.fromEntries(named) } : {};
}

function describeAnswers({ answers, problems, scopes, body }: Operation): Record<string, DocumentedResponse> {
  const codes = [
    ...problems,
    ...(body === undefined ? [] : OF_BODIES),
    ...(scopes.length === 0 ? [] : OF_GUARDED),
    // What operates the service is not counted.
    ...(scopes.length === 0 || scopes.includes("admin") ? [] : ["rate-limited" as const]),
    ...OF_ALL,
  ];
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = PROBLEM_CODES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const described: Record<string, DocumentedResponse> = {};
  for (const [status, answer] of Object.entries(answers)) described[status] = describeAnswer(answer);
  for (const [status, those] of [...byStatus].sort(([a], [b]) => a - b)) {
    const problem = describeProblem(status, those);
    const own = answers[status];
    described[status] =
      own === undefined ? problem : { ...problem, content: { ...contentOf(own.content), ...problem.content } };
  }
  return described;
}

function describeAnswer({ description, content, headers }: Answer): DocumentedResponse {
  return { description, content: contentOf(content), ...(headers && { headers: headersOf(headers) }) };
}

function describeProblem(status: number, codes: readonly ProblemCode[]): DocumentedResponse {
  const unique = [...new Set(codes)];
  const headers = PROBLEM_HEADERS[status];
  return {
    description: unique.map((code) => `\`${code}\`: ${PROBLEM_CODES[code].title}`).join(". "),
    content: {
      [PROBLEM_BODY]: {
        schema: { $ref: "#/components/schemas/Problem" },
        examples: Object.fromEntries(unique.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
    ...(headers && { headers: headersOf(headers) }),
  };
}

function problemExamples(): Record<string, object> {
  const codes = Object.keys(PROBLEM_CODES) as ProblemCode[];
  return Object.fromEntries(codes.map((code) => [code, { value: problemDocument(code) }]));
}

function contentOf(content: Readonly<Record<string, z.ZodType>>): DocumentedContent {
  return Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema: schemaOf(schema) }]));
}

function headersOf(headers: Readonly<Record<string, string>>): DocumentedHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" } }]),
  );
}
