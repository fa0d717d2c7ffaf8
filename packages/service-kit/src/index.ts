/** What every service shares: configuration, logging, the HTTP edge, health and the life of the process. */
export * from "./create-http-app.ts";
export * from "./create-logger.ts";
export * from "./env-pieces.ts";
export * from "./health.ts";
export * from "./listen-http.ts";
export * from "./load-config.ts";
export * from "./read-identifiers.ts";
export * from "./run-service.ts";
export * from "./send-problem.ts";
