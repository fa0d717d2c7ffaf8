/** SIGKILL at the worst moment: while a reconciler has a transaction open that has written something. */
import type { Database } from "@kith/database";
import { rowsOf } from "./rows-of.ts";
import type { ServiceProcess } from "./service-process.ts";
import { until } from "./until.ts";

// A transaction id is only given to a transaction that writes.
const WRITING = `select 1 from pg_stat_activity
  where datname = current_database() and application_name = 'kith-reconciler' and backend_xid is not null`;

/** Waits for such a transaction, then kills the process. `db` is a pool on the system's own database. */
export async function killInTransaction(reconciler: ServiceProcess, db: Database): Promise<void> {
  await until("a reconciler writes", async () => (await rowsOf(db, WRITING)).length > 0, {
    pollMs: 0,
    limitMs: 120_000,
  });
  await reconciler.kill9();
}
