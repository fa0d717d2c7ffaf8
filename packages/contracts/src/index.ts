/** Everything that crosses a process border: records, bodies, topics, codes. Imports nothing of ours. */
export * from "./cloud-events.ts";
export * from "./contact.ts";
export * from "./dead-letter-codes.ts";
export * from "./decode-identity-record.ts";
export { ingressDocument, queryDocument } from "./http/build-openapi.ts";
export type { DocumentedOperation, OpenApiDocument } from "./http/openapi-document.ts";
export { type Example as DocumentedExample, SEED_ORDERS } from "./http/operation.ts";
export type { JsonSchema } from "./http/schema-components.ts";
export * from "./identity-resolved.ts";
export * from "./kith-error.ts";
export * from "./observation-id.ts";
export * from "./order-identity.ts";
export * from "./parse-json.ts";
export * from "./problem-codes.ts";
export * from "./receipt.ts";
export * from "./topics.ts";
