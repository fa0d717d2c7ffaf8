/** What tests share: a database per file, topics per file, builders, and the oracle. */
export * from "./observations.ts";
export * from "./oracle.ts";
export * from "./read-state.ts";
export * from "./said.ts";
export * from "./test-database.ts";
export * from "./test-topics.ts";
