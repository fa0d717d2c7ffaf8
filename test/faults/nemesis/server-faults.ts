/** F5–F8, F11: Kafka and Postgres restarted, killed, slow; sessions ended. */
import { rowsOf, until } from "@kith/testkit/system";
import { PATIENCE_MS } from "../rig/patience.ts";
import { childrenOf } from "../rig/postgres-server.ts";
import { signalProcess } from "../rig/signal-process.ts";
import type { Dice, PlannedFault, Planner } from "./fault.ts";

/** Neither the rig's own, nor those of a migration: that is a command's, which fails and is given again. */
const SERVICE_SESSIONS = `application_name ~ '^kith-(query|reconciler)'`;

/** F5 */
export const restartKafka: Planner = (dice) => endABroker(dice, "F5", "clean");

/** F6 */
export const killKafka: Planner = (dice) => endABroker(dice, "F6", "kill");

function endABroker(dice: Dice, faultClass: "F5" | "F6", variant: "clean" | "kill"): PlannedFault {
  const node = dice.between(0, 2);
  const downMs = dice.between(0, 4_000);
  return {
    class: faultClass,
    variant,
    target: `kafka-${node + 1}`,
    parameters: { downMs },
    needs: ["kafka"],
    touchesRelay: true,
    async run({ servers, sleep }) {
      const struck = servers.kafka[node % servers.kafka.length]!;
      const endedMs = await timed(() => (variant === "clean" ? struck.stop() : struck.kill9()));
      await sleep(downMs);
      return { node: struck.name, endedMs, startedMs: await timed(() => struck.start()) };
    },
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return Math.round(performance.now() - startedAtMs);
}

/** F7 */
export const restartPostgres: Planner = (dice) => {
  const variant = dice.pick(["fast", "immediate", "kill", "kill-backend"] as const);
  const downMs = dice.between(0, 3_000);
  return {
    class: "F7",
    variant,
    target: "postgres",
    parameters: variant === "kill-backend" ? {} : { downMs },
    needs: ["postgres"],
    touchesRelay: true,
    async run(arena) {
      const { servers, sleep } = arena;
      if (variant !== "kill-backend") {
        await servers.postgres.stop(variant);
        await sleep(downMs);
        await servers.postgres.start();
        return {};
      }
      const [backend] = await arena.sql<{ pid: number }>(
        `select pid from pg_stat_activity where ${SERVICE_SESSIONS} order by backend_xid is null, random() limit 1`,
      );
      if (backend === undefined || !signalProcess(backend.pid, "SIGKILL")) return undefined;
      // The postmaster ends all others and recovers.
      await arena.sleep(200);
      await until("Postgres has recovered", () => isUp(arena.sql), { limitMs: PATIENCE_MS });
      return {};
    },
  };
};

async function isUp(sql: (text: string) => Promise<unknown[]>): Promise<boolean> {
  return (await sql("select 1")).length === 1;
}

/** F8 */
export const endSessions: Planner = (dice) => {
  const variant = dice.pick(["all", "one", "writer", "relay"] as const);
  const which = {
    all: "",
    one: "order by random() limit 1",
    writer: "and backend_xid is not null limit 1",
    relay: "and query ilike '%outbox%' limit 1",
  }[variant];
  return {
    class: "F8",
    variant,
    target: "sessions",
    parameters: {},
    needs: [],
    touchesRelay: true,
    async run(arena) {
      const find = `select pid from pg_stat_activity where ${SERVICE_SESSIONS} ${which}`;
      for (let tries = 0; tries < 200; tries++) {
        const ended = await arena.sql(`select pg_terminate_backend(pid) from (${find}) s`);
        if (ended.length > 0) return { sessions: ended.length };
        await arena.sleep(10);
      }
      return undefined;
    },
  };
};

/** F11 */
export const slowPostgres: Planner = (dice) => {
  const variant = dice.pick(["delay", "throttle", "freeze-backends", "checkpoints"] as const);
  const forMs = dice.between(2_000, 6_000);
  const ms = dice.pick([5, 20, 50, 150, 500]);
  const bytesPerSecond = dice.pick([50_000, 200_000, 1_000_000]);
  return {
    class: "F11",
    variant,
    target: "postgres",
    parameters: {
      forMs,
      ...(variant === "delay" ? { ms } : {}),
      ...(variant === "throttle" ? { bytesPerSecond } : {}),
    },
    needs: ["roads-postgres"],
    touchesRelay: false,
    async run(arena) {
      const { servers, deployment, sleep } = arena;
      const roads = deployment.reconcilers.map(({ label }) => servers.roadsOf(label).postgres);
      switch (variant) {
        case "delay":
        case "throttle":
          for (const road of roads)
            road.setWeather(
              variant === "delay" ? { kind: "delay", ms, jitterMs: ms } : { kind: "throttle", bytesPerSecond },
            );
          await sleep(forMs);
          for (const road of roads) road.heal("resume");
          return {};
        case "freeze-backends": {
          const postmaster = servers.postgres.pid();
          if (postmaster === undefined) return undefined;
          const backends = await rowsOf<{ pid: number }>(
            deployment.db,
            `select pid from pg_stat_activity where ${SERVICE_SESSIONS}`,
          );
          const mine = new Set(await childrenOf(postmaster));
          const frozen = backends.map(({ pid }) => pid).filter((pid) => mine.has(pid) && signalProcess(pid, "SIGSTOP"));
          try {
            await sleep(Math.min(forMs, 5_000));
          } finally {
            for (const pid of frozen) signalProcess(pid, "SIGCONT");
          }
          return frozen.length > 0 ? { backends: frozen.length } : undefined;
        }
        case "checkpoints": {
          const untilMs = performance.now() + forMs;
          let checkpoints = 0;
          for (; performance.now() < untilMs; checkpoints++) await arena.sql("checkpoint");
          return { checkpoints };
        }
        default:
          return variant satisfies never;
      }
    },
  };
};
