/** Everything that crosses a process border: records, bodies, topics, codes. Imports nothing of ours. */
export * from "./cloud-events.ts";
export * from "./contact.ts";
export * from "./dead-letter-codes.ts";
export { ingressDocument, type OpenApiDocument, queryDocument } from "./http/build-openapi.ts";
export { SEED_ORDERS } from "./http/operation.ts";
export * from "./identity-resolved.ts";
export * from "./kith-error.ts";
export * from "./observation-id.ts";
export * from "./order-identity.ts";
export * from "./problem-codes.ts";
export * from "./receipt.ts";
export * from "./topics.ts";
