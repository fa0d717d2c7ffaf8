/** F1–F4: services that are killed, or stopped for a while and come back as zombies. */
import { setTimeout as delay } from "node:timers/promises";
import type { Service } from "../rig/service.ts";
import type { Arena, FaultResult, Planner } from "./fault.ts";
import { findLeader } from "./find-leader.ts";
import { isOfWriter, nameOf, strikeAtStatement } from "./strike-at-statement.ts";

const RECONCILERS = ["reconciler-1", "reconciler-2", "reconciler-3"] as const;
const STATEMENT_LIMIT_MS = 8_000;

function service(arena: Arena, label: string): Service {
  return arena.deployment.services.find((one) => one.label === label)!;
}

/** Kills it, leaves it dead for a while, and starts it again. */
async function killFor(arena: Arena, killed: Service, downMs: number): Promise<boolean> {
  const wasThere = killed.pid() !== undefined;
  await killed.kill9();
  await arena.sleep(downMs);
  killed.up();
  return wasThere;
}

/** F1: `at-statement` kills when the statement of that place in its transaction is on its way, or has just got there. */
export const killReconciler: Planner = (dice) => {
  const target = dice.pick(RECONCILERS);
  const variant = dice.pick(["at-statement", "at-statement", "before-commit", "after-commit", "any-time"]);
  const downMs = dice.between(0, 2_000);
  const ordinal = dice.between(2, 11);
  const isAfter = dice.random() < 0.5;
  return {
    class: "F1",
    variant,
    target,
    parameters: { downMs, ...(variant === "at-statement" ? { ordinal, isAfter } : {}) },
    needs: [target],
    touchesRelay: true,
    async run(arena): Promise<FaultResult> {
      const killed = service(arena, target);
      if (variant === "any-time") return (await killFor(arena, killed, downMs)) ? {} : undefined;
      const road = arena.servers.roadsOf(target);
      const struck = await strikeAtStatement([road], STATEMENT_LIMIT_MS, (request) => {
        if (!request.isInTransaction || !isOfWriter(request)) return undefined;
        const isPoint = variant === "at-statement" ? request.ordinal === ordinal || request.isCommit : request.isCommit;
        if (!isPoint) return undefined;
        const passesOn = variant === "after-commit" || (variant === "at-statement" && isAfter);
        // Now, and not when this promise resolves: what passes on gets to the server, and nobody hears the answer.
        if (passesOn) setImmediate(() => void killed.kill9());
        else void killed.kill9();
        return passesOn ? { kind: "forward" } : { kind: "drop" };
      });
      // A reconciler without partitions, or without work, sends none: then it dies like that.
      await killFor(arena, killed, downMs);
      return { at: struck === undefined ? "no statement came" : nameOf(struck), ordinal: struck?.ordinal };
    },
  };
};

/** F2: past the session timeout its partitions are others' when it wakes up. */
export const freezeReconciler: Planner = (dice) => {
  const target = dice.pick(RECONCILERS);
  const frozenMs = dice.pick([
    dice.between(1_000, 4_000),
    dice.between(1_000, 4_000),
    dice.between(11_000, 14_000),
    dice.between(15_000, 25_000),
  ]);
  const variant = dice.pick(["in-transaction", "any-time"]);
  return {
    class: "F2",
    variant,
    target,
    parameters: { frozenMs },
    needs: [target],
    touchesRelay: true,
    async run(arena) {
      const frozen = service(arena, target);
      let at = "any time";
      if (variant === "in-transaction") {
        const struck = await strikeAtStatement([arena.servers.roadsOf(target)], STATEMENT_LIMIT_MS, (request) => {
          if (!request.isInTransaction || request.ordinal < 3 || !isOfWriter(request)) return undefined;
          frozen.signal("SIGSTOP");
          return { kind: "forward" };
        });
        if (struck !== undefined) at = nameOf(struck);
      }
      if (!frozen.signal("SIGSTOP")) return undefined;
      await arena.sleep(frozenMs);
      return { at, wokeUp: frozen.signal("SIGCONT") };
    },
  };
};

/** F3: whoever leads the relay. */
export const strikeRelay: Planner = (dice) => {
  const variant = dice.pick(["kill", "kill", "freeze", "freeze-long"]);
  const forMs = variant === "freeze-long" ? dice.between(11_000, 16_000) : dice.between(200, 3_000);
  return {
    class: "F3",
    variant,
    target: "leader",
    parameters: { forMs },
    needs: ["leader"],
    touchesRelay: true,
    async run(arena) {
      const leader = await findLeader(arena);
      if (leader === undefined) return undefined;
      if (variant === "kill") return (await killFor(arena, leader, forMs)) ? { leader: leader.label } : undefined;
      if (!leader.signal("SIGSTOP")) return undefined;
      await arena.sleep(forMs);
      leader.signal("SIGCONT");
      return { leader: leader.label };
    },
  };
};

/** F4: under load, with requests in flight. */
export const killIngress: Planner = (dice) => {
  const target = dice.pick(["ingress-1", "ingress-2"]);
  const downMs = dice.between(0, 2_500);
  return {
    class: "F4",
    variant: "kill",
    target,
    parameters: { downMs },
    needs: [target],
    touchesRelay: false,
    async run(arena) {
      const killed = service(arena, target);
      if (!(await killFor(arena, killed, downMs))) return undefined;
      await delay(0);
      return {};
    },
  };
};
