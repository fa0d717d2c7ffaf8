/** What tests of the whole system need of Kafka and Kith itself never does. */
export * from "./change-topic.ts";
export * from "./publish-transaction.ts";
