/**
 * With `--profile`: PostgreSQL's statements of a case in the order of the time they took, by pg_stat_statements. The time
 * is that of a clock: where the cores are busy, waiting for one counts with it.
 */
import type { Database } from "@kith/database";
import { sql } from "kysely";
import type { BenchRun } from "./bench-run.ts";

/** A server's settings without which there is no such profile. */
export const STATEMENT_SETTINGS = { shared_preload_libraries: "pg_stat_statements" };

export type StatementProfile = {
  /** Says a line for each of the statements since the start. `count`: records or requests they were run for. */
  tell(count: number): Promise<void>;
};

type StatementRow = {
  calls: number;
  microseconds: number;
  rows: number;
  pages: number;
  wal_bytes: number;
  query: string;
};

const LINES = 20;
const QUERY_CHARACTERS = 100;
const NO_PROFILE: StatementProfile = { tell: async () => {} };

/** Starts counting. The database must be of a stack that was started for it, which is so with `--profile`. */
export async function startStatementProfile(run: BenchRun, db: Database): Promise<StatementProfile> {
  if (!run.isProfiled) return NO_PROFILE;
  await sql`create extension if not exists pg_stat_statements schema public`.execute(db);
  await sql`select public.pg_stat_statements_reset()`.execute(db);
  return {
    async tell(count) {
      const { rows } = await sql<StatementRow>`
        select calls::float8, (total_plan_time + total_exec_time) * 1000 as microseconds, rows::float8,
          (shared_blks_hit + shared_blks_read)::float8 as pages, wal_bytes::float8, query
        from public.pg_stat_statements
        where dbid = (select oid from pg_database where datname = current_database())
        order by microseconds desc limit ${LINES}`.execute(db);
      run.say(
        "Postgres's statements, for each: µs, pages touched, octets of its log; then calls, rows a call, and what it is",
      );
      for (const row of rows) run.say(toLine(row, count));
    },
  };
}

/** Parameters are numbers in the text of a statement, so it holds no value. */
function toLine({ calls, microseconds, rows, pages, wal_bytes, query }: StatementRow, count: number): string {
  const figures = [
    (microseconds / count).toFixed(2).padStart(7),
    (pages / count).toFixed(2).padStart(6),
    (wal_bytes / count).toFixed(0).padStart(5),
    String(calls).padStart(7),
    (rows / calls).toFixed(1).padStart(8),
  ];
  return `${figures.join(" ")}  ${query.replace(/\s+/g, " ").trim().slice(0, QUERY_CHARACTERS)}`;
}
