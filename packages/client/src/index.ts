/** What users of Kith install: an HTTP client, and a subscriber that keeps a table of the resolved identities. */
export type { Accepted, Progress, ReceiptStatus } from "./answers.ts";
export * from "./client-errors.ts";
export * from "./follow-identities.ts";
export * from "./identity-table.ts";
export * from "./kith-client.ts";
