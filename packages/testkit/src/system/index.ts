/** What whole-system tests share. Apart from the package's main entry, so that unit tests load none of it. */
export * from "./ask.ts";
export * from "./check-against-oracle.ts";
export * from "./expected-contact.ts";
export * from "./fold-resolved.ts";
export * from "./kill-in-transaction.ts";
export * from "./ledger.ts";
export * from "./load.ts";
export * from "./orders.ts";
export * from "./other-people.ts";
export * from "./own-kafka.ts";
export * from "./read-log.ts";
export * from "./rows-of.ts";
export * from "./service-process.ts";
export * from "./start-system.ts";
export * from "./table-states.ts";
export * from "./until.ts";
export * from "./use-system.ts";
