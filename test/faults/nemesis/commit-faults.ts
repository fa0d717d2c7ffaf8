/** F9, F10: answers that never come, and answers that say no. */
import { createDatabase } from "@kith/database";
import { rowsOf } from "@kith/testkit/system";
import { errorAnswer } from "../proxy/postgres-tap.ts";
import type { Arena, FaultResult, Planner } from "./fault.ts";
import { isOfWriter, nameOf, strikeAtStatement } from "./strike-at-statement.ts";

const STATEMENT_LIMIT_MS = 25_000;
/** Each may go away by itself, whatever the statement. */
const RETRIABLE = ["40001", "40P01", "55P03", "57014", "53300", "53100", "53200", "25006", "08006", "57P01", "58030"];

/** F9: the COMMIT gets to Postgres or not, and the reconciler never hears which. */
export const cutAtCommit: Planner = (dice) => {
  const variant = dice.pick(["after-commit", "after-commit", "after-commit-late", "before-commit"]);
  const lateMs = variant === "after-commit-late" ? dice.between(50, 2_000) : 0;
  return {
    class: "F9",
    variant,
    target: "any reconciler",
    parameters: { lateMs },
    needs: [],
    touchesRelay: false,
    async run({ servers, deployment }): Promise<FaultResult> {
      const roads = deployment.reconcilers.map(({ label }) => servers.roadsOf(label));
      const struck = await strikeAtStatement(roads, STATEMENT_LIMIT_MS, (request) => {
        if (!request.isCommit || !request.isInTransaction) return undefined;
        if (variant === "before-commit") {
          request.link.reset();
          return { kind: "drop" };
        }
        if (variant === "after-commit") {
          // The bytes go out first.
          setImmediate(() => request.link.cutFromClient());
          return { kind: "forward" };
        }
        request.link.setWeather({ kind: "clear" });
        setImmediate(() => request.link.setWeather({ kind: "blackhole" }));
        setTimeout(() => request.link.reset(), lateMs);
        return { kind: "forward" };
      });
      return struck === undefined ? undefined : {};
    },
  };
};

/** F10 */
export const refuseStatements: Planner = (dice) => {
  const variant = dice.pick(["sqlstate", "sqlstate", "lock-table", "reverse-order", "idle-in-transaction"] as const);
  const parameters = {
    sqlstate: { sqlState: dice.pick(RETRIABLE), ordinal: dice.between(2, 11), times: dice.between(1, 4) },
    "lock-table": {
      table: dice.pick(["identity", "identifier", "consumer_offset", "outbox"]),
      forMs: dice.between(1_000, 9_000),
    },
    "reverse-order": { forMs: dice.between(2_000, 5_000) },
    "idle-in-transaction": { forMs: dice.between(3_000, 8_000) },
  }[variant] as Record<string, string | number>;
  return {
    class: "F10",
    variant,
    target: "any reconciler",
    parameters,
    needs: variant === "sqlstate" ? [] : ["saboteur"],
    touchesRelay: false,
    run: (arena) => (variant === "sqlstate" ? answerErrors(arena, parameters) : sabotage(arena, variant, parameters)),
  };
};

/** Answers in Postgres's place, so many times. */
async function answerErrors(arena: Arena, parameters: Record<string, string | number>): Promise<FaultResult> {
  const { servers, deployment } = arena;
  const { sqlState, ordinal, times } = parameters as { sqlState: string; ordinal: number; times: number };
  const roads = deployment.reconcilers.map(({ label }) => servers.roadsOf(label));
  const at: string[] = [];
  for (let time = 0; time < times; time++) {
    const struck = await strikeAtStatement(roads, STATEMENT_LIMIT_MS, (request) => {
      const isPoint = request.ordinal === ordinal || (request.isCommit && request.ordinal < ordinal);
      if (!request.isInTransaction || !request.isAlone || !isOfWriter(request) || !isPoint) return undefined;
      if (/rollback/i.test(request.statements.join(" "))) return undefined;
      return { kind: "answer", bytes: errorAnswer(sqlState, true) };
    });
    if (struck !== undefined) at.push(nameOf(struck));
  }
  return at.length > 0 ? { at } : undefined;
}

/** A foreign session that holds locks in ways of its own. */
async function sabotage(
  arena: Arena,
  variant: string,
  parameters: Record<string, string | number>,
): Promise<FaultResult> {
  const { servers, deployment, sleep } = arena;
  const forMs = Number(parameters.forMs);
  const { db, close } = createDatabase({
    url: servers.databaseUrl(),
    schema: deployment.schema,
    role: "admin",
    poolMax: 1,
    applicationName: "kith-faults-saboteur",
  });
  try {
    return await db.connection().execute(async (session) => {
      await rowsOf(session, "begin; set local lock_timeout = '5s'");
      if (variant === "lock-table") {
        await rowsOf(session, `lock table ${parameters.table} in access exclusive mode`);
        await sleep(forMs);
        await rowsOf(session, "rollback");
        return {};
      }
      const newest = "select id from identity where merged_into is null order by id desc limit 60";
      const ids = (await rowsOf<{ id: number }>(session, newest)).map((row) => row.id);
      if (variant === "idle-in-transaction") {
        await rowsOf(session, "select 1 from identity where id = any($1::bigint[]) order by id for update", [
          `{${ids}}`,
        ]);
        await sleep(forMs);
        await rowsOf(session, "rollback");
        return { identities: ids.length };
      }
      // One by one from the top: the opposite of everybody else's order.
      let deadlocks = 0;
      const untilMs = performance.now() + forMs;
      while (performance.now() < untilMs) {
        await rowsOf(session, "rollback; begin");
        for (const id of ids.slice(0, 20)) {
          try {
            await rowsOf(session, "select 1 from identity where id = $1 for update", [id]);
          } catch (error) {
            if (sqlStateOf(error) !== "40P01" && sqlStateOf(error) !== "55P03") throw error;
            deadlocks += 1;
            await rowsOf(session, "rollback; begin");
          }
          await sleep(15);
        }
      }
      await rowsOf(session, "rollback");
      return { identities: ids.length, deadlocks };
    });
  } catch (error) {
    // Another fault ended the saboteur's session, or others held the locks: it had its effect, or none.
    if (sqlStateOf(error) === "55P03") return undefined;
    if (error instanceof Error && (sqlStateOf(error) !== undefined || error.constructor === Error))
      return { endedBy: "another fault" };
    throw error;
  } finally {
    await close();
  }
}

function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
