/** What every service shares: configuration, logging, the HTTP edge, health and the life of the process. */

export { createReadJson, type ReadJson } from "./add-json-parser.ts";
export * from "./api-keys/access-config.ts";
export * from "./api-keys/api-key-token.ts";
export * from "./api-keys/guard-routes.ts";
export * from "./api-keys/key-scopes.ts";
export * from "./api-keys/keys-file.ts";
export * from "./create-http-app.ts";
export * from "./create-logger.ts";
export * from "./env-pieces.ts";
export * from "./health.ts";
export * from "./kafka-env.ts";
export * from "./listen-http.ts";
export * from "./load-config.ts";
export * from "./metrics.ts";
export { addDocs } from "./openapi/add-docs.ts";
export * from "./read-identifiers.ts";
export * from "./run-service.ts";
export * from "./send-json.ts";
export * from "./send-problem.ts";
export { noPretenuringFlag, serviceNodeFlags } from "./service-node-flags.ts";
export * from "./unknown-fields.ts";
