/** What other publishers and administrators do to the log, for tests of the whole system. */
export * from "@kith/kafka/testing";
