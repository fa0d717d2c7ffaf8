/** The only door to PostgreSQL: connections by role, prepared statements, migrations, named SQLSTATEs. */
export * from "./advisory-key.ts";
export * from "./array-parameters.ts";
export * from "./committed.ts";
export * from "./create-database.ts";
export * from "./identity-snapshot.ts";
export * from "./listen.ts";
export * from "./migrate-to-latest.ts";
export type { BeforeStatement } from "./naming-client.ts";
export * from "./read-identities.ts";
export * from "./read-offsets.ts";
export * from "./send-together.ts";
export * from "./session.ts";
export * from "./sql-states.ts";
export {
  definedStatements,
  defineStatement,
  defineWrite,
  type Statement,
  type StatementQuery,
  statementName,
  type Written,
} from "./statement.ts";
export type { DB } from "./tables.generated.ts";
