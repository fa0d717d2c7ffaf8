/**
 * Runs two reconcilers against a real PostgreSQL in every order of their statements. Each statement of YIELD_POINTS is a
 * point where the scheduler decides who goes on; a worker that waits for a lock is seen through pg_blocking_pids and is
 * not schedulable until the lock is free. All schedules are enumerated depth first, so a failure names its schedule and
 * can be run again.
 */
import type { Database } from "@kith/database";
import { CompiledQuery } from "kysely";

/**
 * Where the order of two batches can matter. Between the locks on its identities and its commit a batch changes only
 * rows that it owns, but for links, and contacts where it has been overtaken; what it wrote is seen by others at once, at
 * the commit. So the other writes in between are not yield points of their own.
 */
const YIELD_POINTS: ReadonlySet<string> = new Set([
  "fence-offsets",
  "find-no-ops",
  "read-graph",
  "read-residual",
  "insert-identifiers",
  "lock-identities",
  "insert-fresh-contacts",
  "insert-links",
  "commit",
]);

/** One worker of a schedule. Its gate opens when the scheduler lets its next statement go. */
export type Gate = { readonly beforeStatement: (statement: string) => Promise<void> };

type Worker = { state: "running" | "at-gate" | "blocked" | "done"; statement: string; go: () => void; pid: number };

export type ScheduleResult = {
  /** Who went at each point where both could: the schedule. */
  readonly choices: number[];
  readonly trace: string[];
  readonly deadlock: boolean;
};

const POLL_MS = 1;
/** PostgreSQL breaks a deadlock after a second: it must have been seen by then. */
const STANDSTILLS_MAX = 50;

export function createScheduler(monitor: Database) {
  let workers: Worker[] = [];
  let arrived: (() => void) | undefined;
  const noteArrival = () => arrived?.();

  function gate(index: number): Gate {
    return {
      async beforeStatement(statement) {
        const worker = workers[index];
        if (worker === undefined || !YIELD_POINTS.has(statement)) return;
        await new Promise<void>((resolve) => {
          worker.state = "at-gate";
          worker.statement = statement;
          worker.go = resolve;
          noteArrival();
        });
      },
    };
  }

  async function isBlocked(pid: number): Promise<boolean> {
    const { rows } = await monitor.executeQuery<{ blocked: boolean }>(
      CompiledQuery.raw("select cardinality(pg_blocking_pids($1)) > 0 as blocked", [pid]),
    );
    return rows[0]!.blocked;
  }

  /** Waits until no worker is running: each is at its gate, done, or waiting for a lock. */
  async function quiesce(): Promise<void> {
    for (;;) {
      const running = workers.filter((worker) => worker.state === "running" || worker.state === "blocked");
      if (running.every((worker) => worker.state === "blocked")) {
        // A lock may have just been freed: whoever waited for it is running again.
        for (const worker of running)
          if (!(await isBlocked(worker.pid)) && worker.state === "blocked") worker.state = "running";
        if (running.every((worker) => worker.state === "blocked")) return;
      }
      await Promise.race([
        new Promise<void>((resolve) => {
          arrived = resolve;
        }),
        new Promise<void>((resolve) => setTimeout(resolve, POLL_MS)),
      ]);
      for (const worker of running) {
        if (worker.state === "running" && (await isBlocked(worker.pid)) && worker.state === "running")
          worker.state = "blocked";
      }
      if (workers.every((worker) => worker.state !== "running" && worker.state !== "blocked")) return;
    }
  }

  /** Runs both jobs with the given choices, then with 0 where they end. */
  async function runSchedule(
    pids: readonly number[],
    jobs: readonly (() => Promise<unknown>)[],
    prefix: readonly number[],
  ): Promise<ScheduleResult> {
    workers = pids.map((pid) => ({ state: "running", statement: "", go: () => undefined, pid }));
    const choices: number[] = [];
    const trace: string[] = [];
    const failures: unknown[] = [];
    const finished = jobs.map((job, index) =>
      job().then(
        () => {
          workers[index]!.state = "done";
          noteArrival();
        },
        (error: unknown) => {
          failures.push(error);
          workers[index]!.state = "done";
          noteArrival();
        },
      ),
    );
    let deadlock = false;
    let standstills = 0;
    for (;;) {
      await quiesce();
      const ready = workers.flatMap((worker, index) => (worker.state === "at-gate" ? [index] : []));
      if (ready.length === 0) {
        if (workers.every((worker) => worker.state === "done")) break;
        // Both seem to wait. A wait that is just ending looks the same for a moment; a deadlock stays.
        if (++standstills < STANDSTILLS_MAX) {
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
          continue;
        }
        deadlock = true;
        break;
      }
      standstills = 0;
      let next = ready[0]!;
      if (ready.length === 2) {
        next = ready[prefix[choices.length] ?? 0]!;
        choices.push(next);
      }
      const worker = workers[next]!;
      trace.push(`${next}:${worker.statement}`);
      worker.state = "running";
      worker.go();
    }
    // A deadlock is broken by PostgreSQL after a second, and then everything goes on without gates.
    const open = workers;
    workers = [];
    for (const worker of open) if (worker.state === "at-gate") worker.go();
    await Promise.all(finished);
    if (failures.length > 0) throw failures[0];
    return { choices, trace, deadlock };
  }

  return { gate, runSchedule };
}

/** The schedule after this one in depth-first order, or undefined after the last. */
export function nextPrefix(choices: readonly number[]): number[] | undefined {
  for (let at = choices.length - 1; at >= 0; at--) {
    if (choices[at] === 0) return [...choices.slice(0, at), 1];
  }
  return undefined;
}
