/** The checks of `kith verify`, for the tests: they judge by what operators judge by. */
export * from "./check-invariants.ts";
export * from "./digest-graph.ts";
export * from "./finding.ts";
export * from "./in-snapshot.ts";
export * from "./resolved/check-resolved.ts";
export * from "./resolved/collect-records.ts";
export type { PlacedRecord, ReadRecords } from "./resolved/read-topic.ts";
export * from "./resolved/record-tables.ts";
