/**
 * One pool of connections to a deployment's schema, behind Kysely. What a connection may do and how its statements are
 * planned is fixed here by the role it is opened for.
 */
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { type BeforeStatement, namingClient } from "./naming-client.ts";
import type { DB } from "./tables.generated.ts";

/** A deployment's database. */
export type Database = Kysely<DB>;

/**
 * What the connections are for.
 * `writer`: the reconciler's transactions. `reader`: lookups, read only. `admin`: migrations and tools, no time limits.
 */
export type DatabaseRole = "writer" | "reader" | "admin";

/** How to reach the database. */
export type DatabaseOptions = {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  /** The deployment's schema, put on the search path. */
  readonly schema: string;
  readonly role: DatabaseRole;
  readonly poolMax: number;
  readonly applicationName: string;
  /** Told of errors of connections that no statement is waiting on; the pool replaces them by itself. */
  readonly onIdleError?: (error: Error) => void;
  /** Awaited before each statement is sent. For tests that put statements in an order of their own or let them fail. */
  readonly beforeStatement?: BeforeStatement;
};

// Every statement of the hot path joins a few thousand unnested keys to a table by its primary key. That must stay a
// nested loop of index probes whatever the statistics say: a table that was tiny when the plan was made grows to
// millions of rows under a running connection. So scans and the joins that need them are priced out, bitmaps too:
// through one all identifiers of an identity would be read and sorted for the first few. And the generic plan is made
// once per connection instead of one per call.
const PROBE_PLANS = {
  plan_cache_mode: "force_generic_plan",
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  enable_bitmapscan: "off",
  jit: "off",
};

// Time limits bound how long a dead or stuck peer can hold locks.
const SETTINGS: Record<DatabaseRole, Record<string, string>> = {
  writer: {
    ...PROBE_PLANS,
    lock_timeout: "5s",
    statement_timeout: "20s",
    idle_in_transaction_session_timeout: "10s",
    client_connection_check_interval: "1s",
  },
  reader: {
    ...PROBE_PLANS,
    default_transaction_read_only: "on",
    statement_timeout: "10s",
    idle_in_transaction_session_timeout: "10s",
    client_connection_check_interval: "1s",
  },
  admin: {},
};

// Ids, ages and versions are below 2^53 by contract, so a bigint column is a JavaScript number.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/** The settings of a `pg` connection for a role: search path, time limits, plans. */
export function connectionConfig(
  options: Omit<DatabaseOptions, "poolMax" | "onIdleError" | "beforeStatement">,
): pg.ClientConfig {
  const settings = { search_path: quoteIdentifier(options.schema), ...SETTINGS[options.role] };
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    types,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value.replaceAll("\\", "\\\\").replaceAll(" ", "\\ ")}`)
      .join(" "),
  };
}

/** Opens a pool. Nothing is connected until the first statement. `close` waits for running statements. */
export function createDatabase(options: DatabaseOptions): { db: Database; close(): Promise<void> } {
  const pool = new pg.Pool({
    ...connectionConfig(options),
    Client: namingClient(options.beforeStatement),
    // Statements that are sent together do not wait for each other's answers.
    pipeline: true,
    max: options.poolMax,
    idleTimeoutMillis: 60_000,
  });
  pool.on("error", (error) => options.onIdleError?.(error));
  // The pool listens to its idle clients only. One that is in use can be ended by the server between two statements, by
  // a time limit or a restart, and an error event that nobody listens to ends the process.
  pool.on("connect", (client) => client.on("error", (error) => options.onIdleError?.(error)));
  const db = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  return { db, close: () => db.destroy() };
}

/** Quotes an SQL identifier. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
